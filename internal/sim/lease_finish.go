package sim

// finishRead ends a call with a value that was read from the store.
func (w *leaseWorld) finishRead(c *call, v value) {
	w.followers(c, func(follower *call) {
		if w.mayHandOn(c, follower) {
			w.result(follower, v, hit)
			return
		}
		follower.leader = 0
		w.lookUp(follower, atLookUp)
	})
	w.result(c, v, hit)
}

// finish ends a call, and those that have joined it, with the value of its load.
func (w *leaseWorld) finish(c *call, v value, o outcome) {
	w.followers(c, func(follower *call) { w.result(follower, v, o) })
	w.result(c, v, o)
}

// finishFailed ends a call, and those that have joined it, with an error.
func (w *leaseWorld) finishFailed(c *call) {
	w.followers(c, func(follower *call) {
		follower.failed = true
		w.end(follower)
	})
	c.failed = true
	w.end(c)
}

func (w *leaseWorld) followers(c *call, f func(*call)) {
	w.others(c, func(other *call) {
		if other.at == atJoined && other.leader == c.index+1 {
			f(other)
		}
	})
}

// result ends a call with a value, which the checkers look at.
func (w *leaseWorld) result(c *call, v value, o outcome) {
	c.result, c.outcome = v, o
	w.checkResult(c)
	w.end(c)
}

// end removes the call from the memory of its process, and lets the load go on that needs it.
func (w *leaseWorld) end(c *call) {
	c.at = atDone
	if w.flight(c) == c {
		w.processes[c.process].flights[c.key] = 0
	}
	w.others(c, func(other *call) {
		other.afterLoad.remove(c.index)
		other.afterRead.remove(c.index)
	})
	for i := range w.calls {
		if parent := &w.calls[i]; c.hasParent && parent.needs == c.index+1 && parent.at == atNested {
			parent.at = atLoad
		}
	}
}
