package rivals

// Settle waits until the writes of a cache that applies them later are there.
func Settle(c Cache) {
	if c, ok := c.(interface{ Settle() }); ok {
		c.Settle()
	}
}
