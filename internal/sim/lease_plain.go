package sim

// startWrite sends the first operation of a plain call. A write changes the database first,
// as programs do: what was loaded before that is out of date when the write has returned.
func (w *leaseWorld) startWrite(c *call) {
	if c.changes() {
		w.database[c.key]++
		c.floor = w.database[c.key]
	}
	o := op{key: c.key, ttl: entryTTL}
	switch c.action {
	case get, markStale:
		o.kind = opGet
	case set, add:
		o.kind, o.isOwn = opSet, true
		o.value = value{kind: data, id: c.newID()}
		if c.action == add {
			o.kind = opAdd
		}
	case remove:
		o.kind = opDelete
	case touch:
		o.kind = opTouch
	}
	c.loaded = o.value
	c.send(o, atWrite)
}

// changes reports whether the call is a write of something new.
func (c *call) changes() bool { return c.action == set || c.action == add || c.action == remove }

// onWrite ends a plain call, or sends its second operation.
func (w *leaseWorld) onWrite(c *call, r reply) {
	if r.err {
		w.finishFailed(c)
		return
	}
	switch c.action {
	case get:
		if r.value.isLease() && w.broken != returnsALease {
			r.value = value{}
		}
		w.result(c, r.value, hit)
	case set:
		w.written(c)
	case add:
		w.onAdd(c, r)
	case remove:
		c.reported = r.ok && (!r.value.isLease() || w.broken == reportsALeaseAsDeleted)
		w.checkDeleted(c, r.value)
		w.written(c)
	case touch:
		if ttl := w.ttlOfTouch(r.value, entryTTL); ttl != entryTTL {
			c.send(op{kind: opTouch, key: c.key, ttl: ttl}, atRetry)
			return
		}
		w.end(c)
	case markStale:
		w.onMarkStale(c, r)
	}
}

// onAdd ends Add of a caller. A lease is no entry: the value replaces it.
func (w *leaseWorld) onAdd(c *call, r reply) {
	switch {
	case r.ok:
		w.written(c)
	case r.value.isLease() && w.broken != addsAfterALease:
		c.send(op{kind: opReplace, key: c.key, old: r.value, value: c.loaded, ttl: entryTTL, isOwn: true}, atRetry)
	default:
		c.refused = true
		w.checkNotAdded(c, r.value)
		w.end(c)
	}
}

// onMarkStale stores a stale copy of what it has read, if that is still there.
func (w *leaseWorld) onMarkStale(c *call, r reply) {
	c.found, c.loaded = r.value, value{}
	if r.value.kind != data || r.value.stale {
		w.end(c)
		return
	}
	o := op{kind: opReplace, key: c.key, old: r.value, value: r.value, ttl: entryTTL}
	o.value.stale, o.value.id = true, c.newID()
	c.loaded = o.value
	if w.broken == marksStaleBySet {
		o.kind = opSet
	}
	c.send(o, atRetry)
}

// onRetry ends a plain call after its second operation, or begins it again.
func (w *leaseWorld) onRetry(c *call, r reply) {
	c.looks++
	switch {
	case r.err || c.looks >= maxLooks:
		w.finishFailed(c)
	case r.ok && c.action == add:
		w.written(c)
	case !r.ok && c.action == add:
		c.send(op{kind: opAdd, key: c.key, value: c.loaded, ttl: entryTTL, isOwn: true}, atWrite)
	case !r.ok && c.action == markStale:
		c.send(op{kind: opGet, key: c.key}, atWrite)
	default:
		w.end(c)
	}
}

// written ends a write: who asks from now on sees nothing that is older.
func (w *leaseWorld) written(c *call) {
	w.floor[c.key] = max(w.floor[c.key], c.floor)
	w.end(c)
}
