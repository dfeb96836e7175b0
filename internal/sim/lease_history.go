package sim

// operation is a call of a history: what it asked, what it learned, and when. An operation
// without an answer may have been done at any time after it began, or never.
type operation struct {
	client     int
	kind       opKind
	key        key
	old, id    uint16 // the identities of what was there, and of what is there then; 0 for nothing
	ok         bool   // Add added, Delete reported an entry
	isUnknown  bool
	begin, end ticks
}

// record adds a call that has ended, or whose process has crashed, to the history.
func (r *leaseRun) record(c *call, crashed bool) {
	o := operation{client: int(c.index), key: c.key, begin: r.began[c.index], end: r.queue.now}
	o.isUnknown = crashed || c.failed || c.unknown
	switch c.action {
	case getOrSet:
		recordLoad(c, &o)
	case get:
		if !o.isUnknown {
			o.kind, o.id = opGet, c.result.id
		}
	case set:
		o.kind, o.id = opSet, c.loaded.id
	case add:
		o.kind, o.id, o.ok = opAdd, c.loaded.id, !c.refused
	case remove:
		o.kind, o.ok = opDelete, c.reported
	case markStale:
		if c.loaded.kind == data {
			o.kind, o.old, o.id = opReplace, c.found.id, c.loaded.id
		}
	}
	if o.kind != noOp {
		r.history = append(r.history, o)
	}
}

// recordLoad makes a GetOrSet what it was: a read, or a Replace by what it has loaded. A call
// that has neither read nor stored is not in the history.
func recordLoad(c *call, o *operation) {
	isLeader := c.leader == 0
	switch {
	case isLeader && c.loaded.kind == data && (o.isUnknown || c.outcome == stored):
		o.kind, o.id = opReplace, c.loaded.id
		if c.refreshes() && !c.holds {
			o.old = c.found.id
		}
	case !o.isUnknown && (c.outcome == hit || c.outcome == stored):
		o.kind, o.id = opGet, c.result.id
	}
}

// gone adds the loss of an entry to the history: a deletion that nobody asked for.
func (r *leaseRun) gone(k key, v value) {
	if v.kind == data {
		r.history = append(r.history, operation{client: maxCalls, kind: opDelete, key: k, ok: true, begin: r.queue.now, end: r.queue.now})
	}
}

// expire removes what has expired, and adds it to the history.
func (r *leaseRun) expire() {
	for k, e := range r.world.store {
		if e.value != (value{}) && e.expires <= r.queue.now {
			r.gone(key(k), e.value)
			r.world.store[k] = entry{}
		}
	}
}
