package middleware

// Engine returns a cache of pages with this policy.
func (p *Policy) Engine() *Engine {
	own := *p.policy
	own.NotesValues = true
	return &Engine{
		pages: newPageHandler(&own, nil).(*pageHandler),
		asks:  len(own.VaryValues)+len(own.When) > 0,
	}
}
