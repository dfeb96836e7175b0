package sim

// load begins the run of the loader, under a lease or without one.
func (w *leaseWorld) load(c *call) {
	w.loads[c.key]++
	c.loadBegan = true
	c.at = atLoad
	if c.needs > 0 {
		c.at = atNested
		w.begin(c.needs - 1)
	}
}

// readDatabase is the end of the run: the loader has its value.
func (w *leaseWorld) readDatabase(c *call) {
	c.loaded = value{kind: data, id: c.newID(), asOf: w.database[c.key]}
	w.commit(c)
}

// failLoad is a run that ends with an error. For a second nobody waits for the next.
func (w *leaseWorld) failLoad(c *call) {
	w.giveBack(c, alone, w.broken == failsWithoutAlone)
}

// giveUp is a run that nobody waits for any more: anybody may begin another at once.
func (w *leaseWorld) giveUp(c *call) {
	w.giveBack(c, free, w.broken == givesUpWithoutFree)
}

// giveBack leaves the lease in another state.
func (w *leaseWorld) giveBack(c *call, s leaseState, keeps bool) {
	c.failed = true
	if !c.holds || keeps {
		w.finishFailed(c)
		return
	}
	c.noteRenewal()
	c.loaded = c.lease.as(s)
	c.send(op{kind: opReplace, key: c.key, old: c.lease, value: c.loaded, ttl: aloneTTL}, atGiveBack)
}

func (w *leaseWorld) onGiveBack(c *call, r reply) {
	if !r.ok && !r.err && c.trySecondForm() {
		return
	}
	w.finishFailed(c)
}

// commit stores what was loaded, if the lease, or the entry that was found, is still there.
func (w *leaseWorld) commit(c *call) {
	o := op{kind: opReplace, key: c.key, value: c.loaded, ttl: entryTTL, isCommit: true}
	switch {
	case c.outdated:
		w.finish(c, c.loaded, unstored)
		return
	case w.broken == loadsWithoutALease:
		o.kind = opAdd
	case c.holds:
		c.noteRenewal()
		o.old = c.lease
	case c.refreshes():
		o.old = c.found
	default:
		w.finish(c, c.loaded, unstored)
		return
	}
	if w.broken == commitsBySet && c.holds || w.broken == refreshesBySet && !c.holds {
		o.kind = opSet
	}
	c.send(o, atCommit)
}

// onCommit ends the call, or looks what another has stored.
func (w *leaseWorld) onCommit(c *call, r reply) {
	switch {
	case r.ok:
		w.finish(c, c.loaded, stored)
	case r.err: // it may be stored or not
		c.unknown = true
		w.finish(c, c.loaded, unstored)
	case c.unsure && w.broken != commitsOneForm && c.trySecondForm():
	default:
		w.lookUp(c, atWinner)
	}
}

// onWinner returns what another has stored, or else what was loaded.
func (w *leaseWorld) onWinner(c *call, r reply) {
	switch {
	case !r.err && w.isWinner(c, r.value):
		w.finishRead(c, r.value)
	case r.value.isLease() && w.broken == storesOverAnotherLease && c.looks <= maxLooks:
		c.send(op{kind: opReplace, key: c.key, old: r.value, value: c.loaded, ttl: entryTTL}, atCommit)
	default:
		w.finish(c, c.loaded, unstored)
	}
}

// noteRenewal notes, when the load is over, that a renewal has no answer yet.
func (c *call) noteRenewal() {
	c.unsure = c.unsure || c.renewal.kind != noOp
}

// trySecondForm sends the last Replace again, for the form of the lease that a renewal
// without an answer may have given it. It reports whether there is one left to try.
func (c *call) trySecondForm() bool {
	if !c.unsure || c.second || !c.holds {
		return false
	}
	c.second = true
	o := op{kind: opReplace, key: c.key, old: c.renewed(), value: c.loaded, ttl: entryTTL, isCommit: c.at == atCommit}
	if c.at == atGiveBack {
		o.ttl = aloneTTL
	}
	c.send(o, c.at)
	return true
}

// renewed is the form of the lease after its next renewal.
func (c *call) renewed() value {
	next := c.lease.next()
	if c.streams {
		return next.as(alone)
	}
	return next
}

// mayRenew reports whether the lease can be renewed: one renewal at a time, while it loads.
func (c *call) mayRenew() bool {
	return (c.at == atLoad || c.at == atNested) && c.holds && c.renewal.kind == noOp
}

// renew counts the lease up. After a renewal without an answer it asks the same again, so
// that the lease never has more than two forms.
func (c *call) renew() {
	c.renewal = op{kind: opReplace, key: c.key, old: c.lease, value: c.renewed(), ttl: leaseTTL}
}

// onRenewal notes which form the lease has now.
func (w *leaseWorld) onRenewal(c *call, r reply) {
	renewal := c.renewal
	c.renewal = op{}
	switch {
	case !c.loadBegan || c.at != atLoad && c.at != atNested: // it is over
	case r.err && w.broken == renewsFromOneForm:
		c.lease = renewal.value
	case r.err:
		c.unsure = true
	case r.ok || c.unsure: // now, or by the renewal before
		c.lease, c.unsure = renewal.value, false
	}
}
