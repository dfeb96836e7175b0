package sim

// lookUp sends Get, and goes on at the phase that handles its reply.
func (w *leaseWorld) lookUp(c *call, next phase) {
	c.looks++
	c.send(op{kind: opGet, key: c.key}, next)
	w.others(c, func(other *call) { other.afterRead.remove(c.index) })
}

// maxLooks is how often a call looks up what is there before it loads without a lease.
const maxLooks = 4

// onLookUp ends the call with a hit, or goes on with what it found instead.
func (w *leaseWorld) onLookUp(c *call, r reply) {
	switch {
	case r.err:
		w.finishFailed(c)
	case mayServe(c, r.value):
		w.finishRead(c, r.value)
	default:
		c.found = r.value
		w.joinOrLead(c)
	}
}

// joinOrLead makes the call wait for the load of its process, or begin one.
func (w *leaseWorld) joinOrLead(c *call) {
	f := w.flight(c)
	switch {
	case f == nil || f == c:
		w.register(c)
	case w.mayJoin(c, f):
		c.leader = f.index + 1
		c.at = atJoined
		return
	case !c.isNested && !c.waited || w.broken == outdatesWhatItMayNotJoin:
		f.outdated = true
		w.register(c)
	}
	w.lead(c)
}

// register makes the call's load the one that others of its process may join.
func (w *leaseWorld) register(c *call) {
	w.processes[c.process].flights[c.key] = c.index + 1
}

// lead does what is to be done about the entry that was found.
func (w *leaseWorld) lead(c *call) {
	w.noteSighting(c, c.found)
	switch {
	case w.isOwnLease(c, c.found):
		c.lease, c.holds = c.found, true
		w.load(c)
	case c.found.kind == absent:
		w.takeLease(c)
	case c.found.kind == data:
		w.takeClaim(c)
	case w.mayTakeOver(c, c.found):
		w.takeLease(c)
	case w.mayWait(c):
		w.wait(c)
	default:
		w.load(c)
	}
}

// noteSighting notes since when the process has seen a lease with these bytes.
func (w *leaseWorld) noteSighting(c *call, v value) {
	seen := &w.processes[c.process].seen[c.key]
	if v.isLease() && v != seen.lease {
		*seen = sighting{v, w.local(c)}
	}
}

// takeLease puts a lease where nothing is, or where another holder's was.
func (w *leaseWorld) takeLease(c *call) {
	if w.broken == loadsWithoutALease {
		w.load(c)
		return
	}
	c.lease = w.newLease(c)
	o := op{kind: opAdd, key: c.key, value: c.lease, ttl: leaseTTL}
	if c.found.kind != absent {
		o.kind, o.old = opReplace, c.found
		if w.broken == takesOverBySet {
			o.kind = opSet
		}
	}
	c.send(o, atTake)
}

// onTake begins the load, or goes on with what another was faster to put there.
func (w *leaseWorld) onTake(c *call, r reply) {
	switch {
	case r.err && c.looks < maxLooks:
		c.looks++
		w.takeLease(c)
	case r.err:
		w.finishFailed(c)
	case r.ok:
		c.holds = true
		w.load(c)
	case c.looks >= maxLooks:
		w.load(c)
	case r.value.isLease(): // a head is all of a lease
		c.looks++
		c.found = r.value
		w.lead(c)
	default:
		w.lookUp(c, atLookUp)
	}
}

// takeClaim makes the refresh of a stale entry one for all. It is no fence.
func (w *leaseWorld) takeClaim(c *call) {
	switch w.broken {
	case refreshesUnderALease:
		w.takeLease(c)
	case refreshesWithoutAClaim:
		w.load(c)
	default:
		c.send(op{kind: opAdd, key: claimOf(c.key), value: value{kind: claim}, ttl: leaseTTL}, atClaim)
	}
}

// onClaim begins the refresh, or waits for that of another.
func (w *leaseWorld) onClaim(c *call, r reply) {
	switch {
	case r.err:
		w.finishFailed(c)
	case !r.ok && w.mayWait(c):
		w.wait(c)
	default:
		w.load(c)
	}
}

// wait makes the call wait until what it found has changed.
func (w *leaseWorld) wait(c *call) {
	c.waits++
	c.waitFrom = w.local(c)
	c.at = atWait
}

// poll looks whether the wait is over.
func (w *leaseWorld) poll(c *call) { w.lookUp(c, atPoll) }

// onPoll goes on waiting, or ends the wait. The call does not wait again then.
func (w *leaseWorld) onPoll(c *call, r reply) {
	over := w.passed(c, c.waitFrom, waitLimit, limitTime) && w.broken != waitsWithoutLimit
	same := r.value.isSameLease(c.found) && r.value.state == c.found.state || r.value == c.found
	switch {
	case mayServe(c, r.value):
		w.finishRead(c, r.value)
	case r.err && !over:
		c.at = atWait
	case same && !over && !w.mayTakeOver(c, r.value):
		w.noteSighting(c, r.value)
		c.at = atWait
	default:
		w.endWait(c)
		c.found = r.value
		w.lead(c)
	}
}

// endWait notes that the call has waited. What it looks up now is counted afresh.
func (w *leaseWorld) endWait(c *call) {
	c.waited = true
	c.looks = 0
}

// leave is a follower that has waited to the limit: it loads for itself.
func (w *leaseWorld) leave(c *call) {
	c.leader = 0
	w.endWait(c)
	w.lookUp(c, atLookUp)
}
