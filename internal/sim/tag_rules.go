package sim

// tagRule names a rule of the tag protocol, to break it.
type tagRule uint8

// The rules. Each name says what the model does if the rule is broken.
const (
	noTagRule                  tagRule = iota
	readsVersionsAfterTheLoad          // an entry is stored under the versions that its tags have when it is stored
	remembersALaterCount               // what was stored is remembered as valid as of a count that is read then
	readsTheCountAfterVersions         // what was found valid is remembered as of a count that is read after the versions
	keepsVersions                      // a version that the process has read before is not read again
	comparesNumbersAlone               // two counts are equal if their numbers are
	countsAndThenSetsTheTag            // an invalidation of two steps
	setsTheTagAndThenCounts            // the same in the other order
	trustsLateTags                     // a late tag is stored under whatever version it has
	guardsBeforeTheVersion             // the guarding count of a late tag is read before its version
	comparesLateNumbersAlone           // the record of a late tag is held against the number of the look-up alone
	takesALostRecordForCurrent         // a tag without a record was never invalidated
	makesEqualRecords                  // a new record has a version that does not depend on chance
	bearsAnEarlierCount                // a new record bears a count that was read before it was made
	marksTagsStaleBySet                // a soft invalidation stores without comparing
	takesAStaleTagForCurrent           // the soft version is not looked at
	forgetsPurges                      // an entry that is older than the log is held against what is left of it
	takesALostLogForEmpty              // a log with other random bytes is as good
	carriesALaterCount                 // an entry carries the count of its storing, not of its look-up
	ignoresTagsBeyondTheLimit          // a response with too many tags is held against those that are kept
	sendsAVersionTwice                 // an invalidation without an answer is repeated with the same version
	countsAndThenLogs                  // a purge of two steps
	readsTheLogBeforeTheCount          // a log is remembered as of a count that is read after it
	makesALogForTheCount               // a lost log is made again without a new count
	endOfTagRules
)

func (r tagRule) String() string { return tagRuleNames[r] }

var tagRuleNames = [endOfTagRules]string{
	noTagRule:                  "none",
	readsVersionsAfterTheLoad:  "readsVersionsAfterTheLoad",
	remembersALaterCount:       "remembersALaterCount",
	readsTheCountAfterVersions: "readsTheCountAfterVersions",
	keepsVersions:              "keepsVersions",
	comparesNumbersAlone:       "comparesNumbersAlone",
	countsAndThenSetsTheTag:    "countsAndThenSetsTheTag",
	setsTheTagAndThenCounts:    "setsTheTagAndThenCounts",
	trustsLateTags:             "trustsLateTags",
	guardsBeforeTheVersion:     "guardsBeforeTheVersion",
	comparesLateNumbersAlone:   "comparesLateNumbersAlone",
	takesALostRecordForCurrent: "takesALostRecordForCurrent",
	makesEqualRecords:          "makesEqualRecords",
	bearsAnEarlierCount:        "bearsAnEarlierCount",
	marksTagsStaleBySet:        "marksTagsStaleBySet",
	takesAStaleTagForCurrent:   "takesAStaleTagForCurrent",
	forgetsPurges:              "forgetsPurges",
	takesALostLogForEmpty:      "takesALostLogForEmpty",
	carriesALaterCount:         "carriesALaterCount",
	ignoresTagsBeyondTheLimit:  "ignoresTagsBeyondTheLimit",
	sendsAVersionTwice:         "sendsAVersionTwice",
	countsAndThenLogs:          "countsAndThenLogs",
	readsTheLogBeforeTheCount:  "readsTheLogBeforeTheCount",
	makesALogForTheCount:       "makesALogForTheCount",
}

// validity is what an entry is, by its tags and the purges.
type validity uint8

const (
	invalid validity = iota
	stale            // softly invalidated: served where stale may be
	fresh
)

// isSame reports whether nothing was invalidated between two readings of the count. A store
// that lost its count has another maker, though it may come to the same number.
func (w *tagWorld) isSame(a, b stamp) bool {
	if w.broken == comparesNumbersAlone {
		return a.number == b.number
	}
	return a.maker == b.maker && a.number == b.number
}

// validByTags holds an entry against the records of its tags. A record that is lost says
// nothing, so the entry is a miss.
func (w *tagWorld) validByTags(e tagEntry, records [tagsInAll]record) validity {
	v := fresh
	for t := range records {
		if !e.tags.has(uint8(t)) {
			continue
		}
		switch now, then := records[t], e.versions[t]; {
		case now.hard == 0 && w.broken == takesALostRecordForCurrent:
		case now.hard == 0 || now.hard != then.hard:
			return invalid
		case now.soft != then.soft && w.broken != takesAStaleTagForCurrent:
			v = stale
		}
	}
	return v
}

// validByPurges holds an entry against the purges after its look-up. A log that was lost, or
// that begins later, says nothing, so the entry is a miss.
func (w *tagWorld) validByPurges(k uint8, e tagEntry, now count) bool {
	if now.maker != e.at.maker && w.broken != takesALostLogForEmpty {
		return false
	}
	if now.dropped > e.at.number && w.broken != forgetsPurges {
		return false
	}
	for _, p := range now.log {
		if p.number > e.at.number && p.prefix == k {
			return false
		}
	}
	return true
}

// isValid holds an entry against all that can invalidate it.
func (w *tagWorld) isValid(c *tagCall, e tagEntry) validity {
	if w.hasLog && !w.validByPurges(c.key, e, c.log) {
		return invalid
	}
	if e.beyond != 0 && w.broken != ignoresTagsBeyondTheLimit && !w.isSame(e.at, c.asked.stamp()) {
		return invalid
	}
	return w.validByTags(e, c.records)
}

// isGoodLate reports whether a late tag may be stored under the version of this record: the
// record says that it was set before the look-up, and so before the load. One that bears no
// count says nothing; isGuarded decides then.
func (w *tagWorld) isGoodLate(c *tagCall, r record) bool {
	switch {
	case w.broken == trustsLateTags || w.broken == readsVersionsAfterTheLoad || w.needsGuard(r):
		return true
	case w.broken == comparesLateNumbersAlone:
		return r.at.number <= c.asked.number
	}
	return r.at.maker == c.asked.maker && r.at.number <= c.asked.number
}

// needsGuard reports whether a late tag with this record is good only if nothing at all was
// invalidated between the look-up and the reading of the record.
func (w *tagWorld) needsGuard(r record) bool {
	return w.broken != readsVersionsAfterTheLoad && (!w.isOneStep || r.at == stamp{})
}

// isGuarded reports whether that is so: guard is the count, read after the record.
func (w *tagWorld) isGuarded(c *tagCall, guard stamp) bool {
	return w.isSame(c.asked.stamp(), guard) || w.broken == trustsLateTags
}
