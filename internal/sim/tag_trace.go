package sim

import (
	"fmt"
	"strings"
)

var tagActionNames = [...]string{loadTagged: "GetOrSet", invalidate: "InvalidateTags", invalidateSoftly: "soft InvalidateTags", purgePrefix: "purge of a prefix"}

func (a tagAction) String() string { return tagActionNames[a] }

var tagPhaseNames = [...]string{
	tagStart: "asks", tagLookUp: "reads entry and count", tagMakeCount: "makes a count", tagValidate: "reads the record of a tag, to validate the entry",
	tagRecount: "reads the count", tagVersions: "reads the record of a tag, to store the entry with it", tagLoad: "loads", tagEarlyGuard: "reads the count",
	tagLate: "reads the record of a late tag", tagReadCount: "reads the count", tagMakeRecord: "makes a record", tagGuard: "reads the count",
	tagPut: "stores", tagPutCount: "reads the count", tagInvalidate: "sets count and record", tagBump: "counts", tagReadRecord: "reads the record",
	tagSetRecord: "sets the record", tagBumpAgain: "counts", tagPurge: "writes count and log", tagPurgeBump: "counts", tagPurgeLog: "writes the log", tagPurgeAgain: "counts", tagReadLog: "reads the log", tagLogCount: "reads the count",
	tagMakeLog: "makes a log", tagNewCount: "makes a count that goes with it", tagDone: "has ended", tagCrashed: "has crashed",
}

func (p tagPhase) String() string { return tagPhaseNames[p] }

// trace runs the events again, and writes a line for each.
func (s tagSystem) trace(broken tagRule, path []tagEvent) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, with the broken rule %q\n", s.name, broken)
	st := s.start(broken)
	for i, e := range path {
		before := st
		s.do(&st, e)
		fmt.Fprintf(&b, "%3d. %s\n", i+1, describeTagEvent(&before.world, &st.world, e))
	}
	return b.String()
}

// describeTagEvent says in words what one step was, and what the store has then.
func describeTagEvent(before, after *tagWorld, e tagEvent) string {
	var text string
	switch e.verb {
	case doStep:
		c := &before.calls[e.index]
		text = fmt.Sprintf("process %d, call %d (%v): %v", c.process, e.index, c.action, c.at)
		if after.calls[e.index].at == tagDone {
			text += ", and returns"
		}
	case doAbandon:
		text = fmt.Sprintf("call %d crashes", e.index)
	case doResend:
		text = fmt.Sprintf("call %d has sent its request twice, and one may come late", e.index)
	case doArriveLate:
		text = "the late request arrives"
	case doEvict:
		text = "the store loses a record"
		if e.index == tagsInAll {
			text = "the store loses the count"
		}
		if e.index > tagsInAll {
			text = "the store loses the log"
		}
	}
	s := &after.store
	return fmt.Sprintf("%s (database version %d; %v; tag 0: %v; tag 1: %v; key 0: %v)", text, after.database, s.count, s.records[0], s.records[1], s.entries[0])
}
