package sim

// checkResult holds the result of a read against what the caller asked for.
func (w *leaseWorld) checkResult(c *call) {
	switch v := c.result; {
	case v.isLease():
		w.fail("call %d was given a lease", c.index)
	case v.kind == data && v.asOf < c.floor:
		w.fail("what was deleted came back: call %d was given database version %d, and before it asked a write had returned that began at version %d", c.index, v.asOf, c.floor)
	case v.kind == absent && c.action == getOrSet:
		w.fail("call %d was given nothing", c.index)
	}
	if c.waits > 1 {
		w.fail("call %d has waited %d times", c.index, c.waits)
	}
}

// checkDeleted holds what Delete reports against what it removed.
func (w *leaseWorld) checkDeleted(c *call, removed value) {
	if c.reported != (removed.kind == data) {
		w.fail("Delete of call %d reported %v, and removed %v", c.index, c.reported, removed)
	}
}

// checkNotAdded holds an Add that did not add against what was there.
func (w *leaseWorld) checkNotAdded(c *call, found value) {
	if found.kind != data {
		w.fail("Add of call %d did not add, and found %v", c.index, found)
	}
}

// checkStored looks at each operation that has changed the store.
func (w *leaseWorld) checkStored(c *call, o op, found value) {
	if o.value.isLease() && found.kind == data {
		w.fail("call %d put a lease where %v was, which could be served", c.index, found)
	}
	if o.isCommit {
		if c.commits++; c.commits > 1 {
			w.fail("call %d stored twice under one lease", c.index)
		}
	}
}

// stuck returns a call that can never end, or nil.
func (w *leaseWorld) stuck() *call {
	for i := range w.calls {
		c := &w.calls[i]
		isOver := c.at == atDone || c.at == atCrashed
		isHung := c.hangs || c.needs > 0 && w.calls[c.needs-1].hangs
		if c.action != 0 && !isOver && !isHung && !(c.hasParent && c.at == atStart) {
			return c
		}
	}
	return nil
}
