package cache

import "context"

// Proxy is a [Cache] that stands for an alias and finds the cache itself at
// each operation: in the scope of the context if there is one, so that the
// request's Close reaches it, and else in its handler, or the program's default
// one. It can be a package variable.
type Proxy struct {
	alias   string
	handler *Handler // nil for the default handler
}

var _ Cache = (*Proxy)(nil)

// Default returns the proxy to the alias "default" of the program's default
// handler, or of the request's.
func Default() *Proxy { return &defaultProxy }

var defaultProxy = Proxy{alias: DefaultAlias}

// ProxyTo returns the proxy to any alias of the program's default handler, or of
// the request's. Whether there is such an alias shows at each operation.
func ProxyTo(alias string) *Proxy { return &Proxy{alias: alias} }

// resolve finds the cache for ctx. A scope of another handler than the
// proxy's is not the proxy's to use.
func (p *Proxy) resolve(ctx context.Context) *BaseCache {
	if p.handler == nil {
		return From(ctx, p.alias)
	}
	if s := scopeFrom(ctx); s != nil && s.handler == p.handler {
		c, err := s.Cache(p.alias)
		return orInvalid(c, p.alias, err)
	}
	c, err := p.handler.Cache(p.alias)
	return orInvalid(c, p.alias, err)
}

// Get implements [Cache].
func (p *Proxy) Get(ctx context.Context, key string, dst any, opts ...Option) (bool, error) {
	return p.resolve(ctx).Get(ctx, key, dst, opts...)
}

// GetBytes implements [Cache].
func (p *Proxy) GetBytes(ctx context.Context, key string, opts ...Option) ([]byte, bool, error) {
	return p.resolve(ctx).GetBytes(ctx, key, opts...)
}

// Has implements [Cache].
func (p *Proxy) Has(ctx context.Context, key string, opts ...Option) (bool, error) {
	return p.resolve(ctx).Has(ctx, key, opts...)
}

// Set implements [Cache].
func (p *Proxy) Set(ctx context.Context, key string, value any, opts ...Option) error {
	return p.resolve(ctx).Set(ctx, key, value, opts...)
}

// SetBytes implements [Cache].
func (p *Proxy) SetBytes(ctx context.Context, key string, value []byte, opts ...Option) error {
	return p.resolve(ctx).SetBytes(ctx, key, value, opts...)
}

// Add implements [Cache].
func (p *Proxy) Add(ctx context.Context, key string, value any, opts ...Option) (bool, error) {
	return p.resolve(ctx).Add(ctx, key, value, opts...)
}

// Touch implements [Cache].
func (p *Proxy) Touch(ctx context.Context, key string, opts ...Option) (bool, error) {
	return p.resolve(ctx).Touch(ctx, key, opts...)
}

// Delete implements [Cache].
func (p *Proxy) Delete(ctx context.Context, key string, opts ...Option) (bool, error) {
	return p.resolve(ctx).Delete(ctx, key, opts...)
}

// Clear implements [Cache].
func (p *Proxy) Clear(ctx context.Context) error { return p.resolve(ctx).Clear(ctx) }

// InvalidateTags implements [Cache].
func (p *Proxy) InvalidateTags(ctx context.Context, tags ...string) error {
	return p.resolve(ctx).InvalidateTags(ctx, tags...)
}

// InvalidateTagsSoft implements [Cache].
func (p *Proxy) InvalidateTagsSoft(ctx context.Context, tags ...string) error {
	return p.resolve(ctx).InvalidateTagsSoft(ctx, tags...)
}

// GetMany implements [Cache].
func (p *Proxy) GetMany(ctx context.Context, keys []string, opts ...Option) (map[string]Value, error) {
	return p.resolve(ctx).GetMany(ctx, keys, opts...)
}

// SetMany implements [Cache].
func (p *Proxy) SetMany(ctx context.Context, items map[string]any, opts ...Option) ([]string, error) {
	return p.resolve(ctx).SetMany(ctx, items, opts...)
}

// DeleteMany implements [Cache].
func (p *Proxy) DeleteMany(ctx context.Context, keys []string, opts ...Option) error {
	return p.resolve(ctx).DeleteMany(ctx, keys, opts...)
}

// Incr implements [Cache].
func (p *Proxy) Incr(ctx context.Context, key string, delta int64, opts ...Option) (int64, error) {
	return p.resolve(ctx).Incr(ctx, key, delta, opts...)
}

// Decr implements [Cache].
func (p *Proxy) Decr(ctx context.Context, key string, delta int64, opts ...Option) (int64, error) {
	return p.resolve(ctx).Decr(ctx, key, delta, opts...)
}

// IncrVersion implements [Cache].
func (p *Proxy) IncrVersion(ctx context.Context, key string, delta int, opts ...Option) (int, error) {
	return p.resolve(ctx).IncrVersion(ctx, key, delta, opts...)
}

// DecrVersion implements [Cache].
func (p *Proxy) DecrVersion(ctx context.Context, key string, delta int, opts ...Option) (int, error) {
	return p.resolve(ctx).DecrVersion(ctx, key, delta, opts...)
}

// MakeKey is [BaseCache.MakeKey].
func (p *Proxy) MakeKey(ctx context.Context, key string, opts ...Option) (string, error) {
	return p.resolve(ctx).MakeKey(ctx, key, opts...)
}

// Fill implements [Cache].
func (p *Proxy) Fill(ctx context.Context, key string, dst any, load Loader, opts ...Option) (Outcome, error) {
	return p.resolve(ctx).Fill(ctx, key, dst, load, opts...)
}

// Close implements [Cache]. It creates nothing: a cache that the request has
// not used needs no closing.
func (p *Proxy) Close(ctx context.Context) error {
	s := scopeFrom(ctx)
	if s == nil || p.handler != nil && s.handler != p.handler {
		return nil
	}
	s.mu.Lock()
	c := s.find(p.alias)
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.Close(ctx)
}
