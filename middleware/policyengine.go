package middleware

// Engine returns a cache of pages with this policy.
func (p *Policy) Engine() *Engine { return newEngine(p.policy) }
