package cache

import (
	"context"
	"sync"
)

// loadContext is the context of a loader. It goes on while the handler shuts down, see
// [admitted]. If its starter's context had a scope, it has one of its own, which is made when
// somebody asks for it.
type loadContext struct {
	context.Context
	starterScope *Scope // or nil

	mu  sync.Mutex
	own *Scope // nil until then
}

// Value implements [context.Context].
func (c *loadContext) Value(key any) any {
	switch key {
	case scopeKey{}:
		if c.starterScope == nil {
			return nil
		}
		return c.scope()
	case admittedKey{}:
		return true
	}
	return c.Context.Value(key)
}

func (c *loadContext) scope() *Scope {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == nil {
		c.own = c.starterScope.handler.Scope(c)
	}
	return c.own
}

// close closes the scope, if there is one.
func (c *loadContext) close() {
	c.mu.Lock()
	own := c.own
	c.mu.Unlock()
	if own != nil {
		_ = own.Close(context.WithoutCancel(c)) // each cache has reported its error
	}
}
