package flight

// Begin says that the function begins to compute the value now, and that this is going to
// replace what callers find who look the key up from now on. Other processes may change the
// key without this group hearing of it. So a caller that begins to look later joins the flight
// only if it finds just that; if it finds something else, the flight is stale, since the key
// was changed after its value began to be computed. A flight that does not call Begin is
// joined by all.
func (f *Flight[V]) Begin(replaces uint64) {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.hasBegun, f.begun, f.replaces = true, f.group.Tick(), replaces
}

// HasOuter reports whether the flight was started by a run that has not finished.
func (f *Flight[V]) HasOuter() bool {
	for range runs[V](f.parent) {
		return true
	}
	return false
}

// Runner returns what the flight runs.
func (f *Flight[V]) Runner() Runner[V] { return f.runner }

// admits reports whether a caller may get what the flight makes, as [Flight.Begin] says; the
// lock of the shard is held.
func (f *Flight[V]) admits(c *Call[V]) bool {
	return !f.hasBegun || c.Since < f.begun || c.Found == f.replaces
}
