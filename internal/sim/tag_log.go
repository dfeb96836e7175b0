package sim

// A log of purges under its own key: a purge is count, log, count, and a process remembers the
// log as of a count that it read before.

// stepLog lets the call do its next operation on the log, and handle the reply.
func (w *tagWorld) stepLog(c *tagCall) {
	switch c.at {
	case tagReadLog:
		w.onReadLog(c)
	case tagLogCount:
		w.onLogCount(c)
	case tagMakeLog:
		w.onMakeLog(c)
	case tagNewCount:
		w.onNewCount(c)
	case tagPurgeBump:
		w.store.bump()
		c.made = w.store.count.stamp()
		c.at = tagPurgeLog
	case tagPurgeLog:
		w.onPurgeLog(c)
	case tagPurgeAgain:
		w.store.bump()
		w.purged(c)
	}
}

// onPurgeLog is the second step of a purge. A log that goes with another count, or that is
// lost, has no entry that would be valid by it.
func (w *tagWorld) onPurgeLog(c *tagCall) {
	if c.made.maker != 0 && w.store.log.maker == c.made.maker {
		w.store.log.add(purge{c.made.number, c.key})
	}
	c.at = tagPurgeAgain
	if w.broken == countsAndThenLogs {
		w.purged(c)
	}
}

// onReadLog goes on to validate the entry that was found. A log that goes with another count
// than the look-up's is none.
func (w *tagWorld) onReadLog(c *tagCall) {
	if w.store.log.maker != c.asked.maker {
		c.at = tagMakeLog
		return
	}
	memory := &w.processes[c.process]
	memory.log, memory.logAsOf = w.store.log, c.asked.stamp()
	c.log = memory.log
	if w.broken == readsTheLogBeforeTheCount {
		c.at = tagLogCount
		return
	}
	w.next(c, c.found.tags, tagValidate, w.validated)
}

// onLogCount reads the count again, which is too late.
func (w *tagWorld) onLogCount(c *tagCall) {
	w.processes[c.process].logAsOf = w.store.count.stamp()
	w.next(c, c.found.tags, tagValidate, w.validated)
}

// onMakeLog makes a log that is empty, for a new count: what was loaded under the present one
// may have been purged, and is not valid any more.
func (w *tagWorld) onMakeLog(c *tagCall) {
	if w.broken == makesALogForTheCount {
		w.store.log = count{maker: c.asked.maker, dropped: c.asked.number}
		w.decide(c)
		return
	}
	c.made = stamp{maker: c.random()}
	w.store.log = count{maker: c.made.maker}
	c.at = tagNewCount
}

// onNewCount replaces the count of the look-up, if it has not moved. The entry that was found
// is a miss in any case, and the load comes after this.
func (w *tagWorld) onNewCount(c *tagCall) {
	if w.store.count.stamp() == c.asked.stamp() {
		w.store.count = count{maker: c.made.maker}
		c.asked = w.store.count
	}
	c.made = stamp{}
	w.prepare(c)
}
