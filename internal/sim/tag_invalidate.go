package sim

// startInvalidation changes the database, as programs do, and then invalidates what was made
// of it.
func (w *tagWorld) startInvalidation(c *tagCall) {
	w.database++
	c.wrote = w.database
	switch {
	case c.action == purgePrefix && w.splitLog:
		c.at = tagPurgeBump
	case c.action == purgePrefix:
		c.at = tagPurge
	case w.isOneStep:
		c.at = tagInvalidate
	case w.broken == setsTheTagAndThenCounts:
		w.setRecord(c)
	default:
		c.at = tagBump
	}
}

// onInvalidate sets count and record in one step.
func (w *tagWorld) onInvalidate(c *tagCall) {
	w.store.bump()
	w.store.set(c.tag, w.changed(c, w.store.records[c.tag]))
	w.invalidated(c)
}

// changed is the record of the tag after the invalidation.
func (w *tagWorld) changed(c *tagCall, r record) record {
	r.at = w.store.count.stamp()
	r.soft = c.random()
	if c.action == invalidate {
		r.hard = r.soft
	}
	return r
}

// onBump is the first of three steps: what is found valid from now on is looked at again
// after the third.
func (w *tagWorld) onBump(c *tagCall) {
	w.store.bump()
	w.setRecord(c)
}

func (w *tagWorld) setRecord(c *tagCall) {
	c.at = tagSetRecord
	if c.action == invalidateSoftly {
		c.at = tagReadRecord
	}
}

func (w *tagWorld) onReadRecord(c *tagCall) {
	c.records[c.tag] = w.store.records[c.tag]
	c.at = tagSetRecord
}

// onSetRecord is the second step. A soft invalidation keeps the version of hard ones, so it
// stores by comparing; the record may have been set meanwhile.
func (w *tagWorld) onSetRecord(c *tagCall) {
	isSoft := c.action == invalidateSoftly
	if isSoft && w.store.records[c.tag] != c.records[c.tag] && w.broken != marksTagsStaleBySet {
		c.at = tagReadRecord
		return
	}
	w.store.set(c.tag, w.changed(c, c.records[c.tag]))
	c.at = tagBumpAgain
	if w.broken == countsAndThenSetsTheTag {
		w.invalidated(c)
	}
}

func (w *tagWorld) onBumpAgain(c *tagCall) {
	w.store.bump()
	w.invalidated(c)
}

// repeat is a client that got no answer in time, and has sent the record again. The first
// request may still arrive. Each attempt has a version of its own.
func (w *tagWorld) repeat(c *tagCall) {
	w.late = lateRecord{isSent: true, tag: c.tag, record: w.store.records[c.tag]}
	if w.broken != sendsAVersionTwice {
		version := c.random()
		w.late.record = record{version, version, w.late.record.at}
	}
}

// arrive carries out the late request.
func (w *tagWorld) arrive() {
	if w.isOneStep {
		w.store.bump()
		w.late.record.at = w.store.count.stamp()
	}
	w.store.set(w.late.tag, w.late.record)
	w.late = lateRecord{}
}

// onPurge adds a line to the log, which is one step, since it is one key.
func (w *tagWorld) onPurge(c *tagCall) {
	w.store.logPurge(c.key)
	w.purged(c)
}

func (w *tagWorld) purged(c *tagCall) {
	w.floor.prefix[c.key] = max(w.floor.prefix[c.key], c.wrote)
	c.at = tagDone
}

// invalidated returns to the caller: what was loaded before is no hit from now on.
func (w *tagWorld) invalidated(c *tagCall) {
	floor := &w.floor.hard[c.tag]
	if c.action == invalidateSoftly {
		floor = &w.floor.soft[c.tag]
	}
	*floor = max(*floor, c.wrote)
	c.at = tagDone
}
