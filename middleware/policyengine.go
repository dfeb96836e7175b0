package middleware

import "github.com/larder-go/larder/internal/pagecache/engine"

// Engine returns a cache of pages with this policy.
func (p *Policy) Engine() *engine.Engine { return engine.New(p.policy) }
