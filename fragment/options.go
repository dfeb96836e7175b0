package fragment

import (
	"errors"
	"fmt"

	"github.com/larder-go/larder/cache"
)

// Option changes how the fragments of a [Set] are kept: all of them, or with
// [For] one.
type Option func(*options)

// Alias keeps fragments in the cache of this alias in place of "default". Whether
// there is one shows when a fragment is rendered.
func Alias(name string) Option {
	return func(o *options) { o.alias = name }
}

// Timeout is for how long fragments are kept; the default is the alias's own.
// With a timeout of zero or less they are rendered each time.
func Timeout(t cache.Timeout) Option {
	return func(o *options) { o.timeout = t }
}

// For is for the fragment of this name only, and wins over what holds for all,
// whichever stands first.
func For(name string, opts ...Option) Option {
	return func(o *options) { o.named = append(o.named, named{name, opts}) }
}

// keeping says where a fragment is kept, and for how long.
type keeping struct {
	alias   string
	timeout cache.Timeout
}

// options are what the options of a [Set] add up to.
type options struct {
	keeping
	named []named
}

type named struct {
	name string
	opts []Option
}

func newOptions(opts []Option) options {
	o := options{keeping: keeping{alias: cache.DefaultAlias}}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// byName gives each template of the set what holds for it.
func (o options) byName(fragments map[string]*fragment) error {
	for _, f := range fragments {
		f.keeping = o.keeping
	}
	var errs []error
	for _, n := range o.named {
		f, ok := fragments[n.name]
		if !ok {
			errs = append(errs, fmt.Errorf("fragment: For: %w", unknown(n.name)))
			continue
		}
		own := options{keeping: f.keeping}
		for _, opt := range n.opts {
			opt(&own)
		}
		if own.named != nil {
			errs = append(errs, errors.New("fragment: For within For means nothing"))
		}
		f.keeping = own.keeping
	}
	return errors.Join(errs...)
}
