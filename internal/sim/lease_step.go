package sim

// send sends an operation. next is the phase that handles its reply.
func (c *call) send(o op, next phase) {
	c.sent, c.at = o, next
}

// begin lets a caller ask.
func (w *leaseWorld) begin(i uint8) {
	c := &w.calls[i]
	c.floor = w.floor[c.key]
	if c.action != getOrSet {
		w.startWrite(c)
		return
	}
	w.others(c, func(other *call) {
		if other.key != c.key || other.action != getOrSet || other.at == atStart {
			return
		}
		c.afterRead.add(other.index)
		if other.loadBegan {
			c.afterLoad.add(other.index)
		}
	})
	w.lookUp(c, atLookUp)
}

// execute lets the store carry out what the caller has sent.
func (w *leaseWorld) execute(i uint8) {
	c := &w.calls[i]
	c.got, c.answered = w.apply(c, c.sent), true
}

// apply carries out an operation of a call, and looks at what it did.
func (w *leaseWorld) apply(c *call, o op) reply {
	found := w.store.at(o.key, w.now)
	if o.isOwn {
		o.value.asOf = w.database[o.key]
	}
	r := w.store.apply(o, w.now)
	if r.ok && o.kind != opDelete {
		w.checkStored(c, o, found)
	}
	return r
}

// handle lets the caller go on with the reply to what it has sent.
func (w *leaseWorld) handle(i uint8) {
	c := &w.calls[i]
	r, at := c.got, c.at
	c.sent, c.got, c.answered = op{}, reply{}, false
	switch at {
	case atLookUp:
		w.onLookUp(c, r)
	case atTake:
		w.onTake(c, r)
	case atClaim:
		w.onClaim(c, r)
	case atPoll:
		w.onPoll(c, r)
	case atCommit:
		w.onCommit(c, r)
	case atWinner:
		w.onWinner(c, r)
	case atGiveBack:
		w.onGiveBack(c, r)
	case atWrite:
		w.onWrite(c, r)
	case atRetry:
		w.onRetry(c, r)
	}
	c.overdue = noTimeout
}

// executeRenewal lets the store carry out a renewal, and its holder learn of it.
func (w *leaseWorld) executeRenewal(i uint8) {
	c := &w.calls[i]
	w.onRenewal(c, w.apply(c, c.renewal))
}

// crash ends a process. What its calls have sent may still arrive.
func (w *leaseWorld) crash(p uint8) {
	for i := range w.calls {
		if c := &w.calls[i]; c.action != 0 && c.process == p && c.at != atDone && c.at != atStart {
			c.at = atCrashed
			c.got, c.answered = reply{}, false
		}
	}
	w.processes[p] = process{drift: w.processes[p].drift}
}
