package sim

// onLookUp has the entry and the count, which come in one round trip.
func (w *tagWorld) onLookUp(c *tagCall) {
	c.found, c.asked = w.store.entries[c.key], w.store.count
	if c.asked.maker == 0 {
		c.at = tagMakeCount
		return
	}
	w.decide(c)
}

// onMakeCount makes a count, or gets that of another who was faster.
func (w *tagWorld) onMakeCount(c *tagCall) {
	if w.store.count.maker == 0 {
		w.store.count = count{maker: c.random()}
	}
	c.asked = w.store.count
	w.decide(c)
}

// decide serves the entry if the count has not moved since it was found valid.
func (w *tagWorld) decide(c *tagCall) {
	memory := &w.processes[c.process]
	known := memory.entries[c.key]
	c.log = c.asked
	if w.splitLog {
		c.log = memory.log
	}
	switch {
	case c.found.id == 0:
		w.prepare(c)
	case known.id == c.found.id && w.isSame(known.asOf, c.asked.stamp()):
		w.hit(c, known.validity)
	case w.splitLog && !w.isSame(memory.logAsOf, c.asked.stamp()):
		c.at = tagReadLog
	default:
		w.next(c, c.found.tags, tagValidate, w.validated)
	}
}

// next goes on with the next tag of a set, or ends with then.
func (w *tagWorld) next(c *tagCall, tags callSet, at tagPhase, then func(*tagCall)) {
	for ; c.tagAt < tagsInAll; c.tagAt++ {
		if tags.has(c.tagAt) {
			c.at = at
			return
		}
	}
	c.tagAt = 0
	then(c)
}

// readRecord reads the record of the next tag.
func (w *tagWorld) readRecord(c *tagCall) record {
	kept := &w.processes[c.process].versions[c.tagAt]
	if w.broken == keepsVersions && kept.hard != 0 {
		return *kept
	}
	*kept = record{}
	if w.broken == keepsVersions {
		*kept = w.store.records[c.tagAt]
	}
	return w.store.records[c.tagAt]
}

func (w *tagWorld) onValidate(c *tagCall) {
	c.records[c.tagAt] = w.readRecord(c)
	c.tagAt++
	w.next(c, c.found.tags, tagValidate, w.validated)
}

// validated serves the entry that was found, and remembers it as valid as of the count of the
// look-up, which was read before the versions; or goes on to load.
func (w *tagWorld) validated(c *tagCall) {
	if w.broken == readsTheCountAfterVersions && c.at != tagRecount {
		c.at = tagRecount
		return
	}
	v := w.isValid(c, c.found)
	if v == invalid {
		w.prepare(c)
		return
	}
	w.processes[c.process].entries[c.key] = remembered{c.found.id, c.asked.stamp(), v}
	w.hit(c, v)
}

func (w *tagWorld) onRecount(c *tagCall) {
	c.asked = w.store.count
	w.validated(c)
}

func (w *tagWorld) hit(c *tagCall, v validity) {
	w.checkHit(c, c.found, v)
	c.at = tagDone
}

// prepare reads the versions of the tags that are known, before the load.
func (w *tagWorld) prepare(c *tagCall) {
	c.records = [tagsInAll]record{}
	if w.broken == readsVersionsAfterTheLoad {
		c.at = tagLoad
		return
	}
	w.next(c, c.known, tagVersions, w.startLoad)
}

func (w *tagWorld) startLoad(c *tagCall) { c.at = tagLoad }

// onVersion has the record of a tag, known or late, or makes one.
func (w *tagWorld) onVersion(c *tagCall) {
	if r := w.readRecord(c); r.hard != 0 {
		w.haveRecord(c, r)
		return
	}
	c.at = tagMakeRecord
	if w.broken == bearsAnEarlierCount {
		c.at = tagReadCount
	}
}

func (w *tagWorld) onReadCount(c *tagCall) {
	c.made = w.store.count.stamp()
	c.at = tagMakeRecord
}

// onMakeRecord makes a record by Add. It bears no count: the present one cannot be read in the
// same step.
func (w *tagWorld) onMakeRecord(c *tagCall) {
	if r := &w.store.records[c.tagAt]; r.hard == 0 {
		version := c.random()
		if w.broken == makesEqualRecords {
			version = 1
		}
		*r = record{version, version, c.made}
		c.isGuarded = w.isOneStep && c.made != stamp{}
	}
	w.haveRecord(c, w.store.records[c.tagAt])
}

// haveRecord goes on with the next tag: of those that are known, or of the late ones.
func (w *tagWorld) haveRecord(c *tagCall, r record) {
	c.records[c.tagAt] = r
	c.tagAt++
	if c.loaded.id == 0 {
		w.next(c, c.known, tagVersions, w.startLoad)
		return
	}
	c.isBad = c.isBad || !w.isGoodLate(c, r)
	c.isGuarded = c.isGuarded || w.needsGuard(r)
	w.next(c, c.lateTags(w), tagLate, w.haveLate)
}

// lateTags are the tags whose versions were not read before the load.
func (c *tagCall) lateTags(w *tagWorld) callSet {
	if w.broken == readsVersionsAfterTheLoad {
		return c.known | c.late
	}
	return c.late &^ c.known
}

// onLoad has the value, and the tags that the load names.
func (w *tagWorld) onLoad(c *tagCall) {
	c.loaded = tagEntry{id: c.random(), tags: c.known | c.late, beyond: c.beyond, at: c.asked.stamp(), asOf: w.database}
	if w.broken == guardsBeforeTheVersion {
		c.at = tagEarlyGuard
		return
	}
	w.next(c, c.lateTags(w), tagLate, w.haveLate)
}

func (w *tagWorld) onEarlyGuard(c *tagCall) {
	c.guard = w.store.count.stamp()
	w.next(c, c.lateTags(w), tagLate, w.haveLate)
}

// haveLate goes on to the guard of late tags, if one of them needs it.
func (w *tagWorld) haveLate(c *tagCall) {
	switch {
	case !c.isGuarded:
		c.at = tagPut
	case w.broken == guardsBeforeTheVersion:
		w.guarded(c)
	default:
		c.at = tagGuard
	}
}

func (w *tagWorld) onGuard(c *tagCall) {
	c.guard = w.store.count.stamp()
	w.guarded(c)
}

func (w *tagWorld) guarded(c *tagCall) {
	c.isBad = c.isBad || !w.isGuarded(c, c.guard)
	c.at = tagPut
}

// onPut stores the entry, if all its tags are good, and remembers it as valid as of the count
// of the look-up.
func (w *tagWorld) onPut(c *tagCall) {
	c.at = tagDone
	if c.isBad {
		return
	}
	e := c.loaded
	e.versions = c.records
	if w.broken == carriesALaterCount {
		e.at = w.store.count.stamp()
	}
	w.store.entries[c.key] = e
	w.processes[c.process].entries[c.key] = remembered{e.id, c.asked.stamp(), fresh}
	if w.broken == remembersALaterCount {
		c.at = tagPutCount
	}
}

func (w *tagWorld) onPutCount(c *tagCall) {
	w.processes[c.process].entries[c.key].asOf = w.store.count.stamp()
	c.at = tagDone
}
