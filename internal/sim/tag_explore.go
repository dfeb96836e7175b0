package sim

// tagSystem lets a world of tags take its steps in every order. It counts the hits.
type tagSystem struct {
	tagScenario
	hits, staleHits *int // counted if not nil, instead of stopping at a stale hit
}

// tagScenario is a small world of tags.
type tagScenario struct {
	name     string
	calls    []tagCall
	inSteps  bool // the store has no step for count and record together
	hasLog   bool
	splitLog bool
	spare    tagFaults
	made     bool // the count is there at the beginning, and the records are
}

// tagFaults is how often each thing may still go wrong.
type tagFaults struct{ evictions, crashes, repeats uint8 }

// tagStep is a state of a scenario.
type tagStep struct {
	world tagWorld
	spare tagFaults
}

// tagVerb is what happens in one step.
type tagVerb uint8

const (
	doStep    tagVerb = iota
	doAbandon         // the process of the call crashes
	doResend          // the call's last request is sent again, and the first may still arrive
	doArriveLate
	doEvict // a record; or the count, at tagsInAll; or the log, after that
)

// tagEvent is one step: of a call, or of a key.
type tagEvent struct {
	verb  tagVerb
	index uint8
}

func (s tagScenario) start(broken tagRule) tagStep {
	first := tagStep{spare: s.spare}
	w := &first.world
	w.broken, w.isOneStep, w.hasLog, w.splitLog = broken, !s.inSteps, s.hasLog, s.splitLog
	for i, c := range s.calls {
		c.index, c.serial = uint8(i), uint16(i+1)
		w.calls[i] = c
	}
	if s.made {
		w.store.count = count{maker: 1, number: 1}
		w.store.log = count{maker: 1}
		for t := range w.store.records {
			w.store.records[t] = record{2, 2, stamp{1, 1}}
		}
	}
	return first
}

func (s tagSystem) actions(st *tagStep) (list []tagEvent) {
	w := &st.world
	add := func(v tagVerb, index uint8, isPossible bool) {
		if isPossible {
			list = append(list, tagEvent{v, index})
		}
	}
	for i := range w.calls {
		c := &w.calls[i]
		runs := c.action != 0 && c.at < tagDone
		add(doStep, c.index, runs)
		add(doAbandon, c.index, runs && c.at > tagStart && st.spare.crashes > 0)
		hasSent := c.at == tagDone && w.isOneStep || c.at == tagBumpAgain
		add(doResend, c.index, c.action == invalidate && hasSent && st.spare.repeats > 0 && w.store.records[c.tag].hard != 0)
	}
	if len(list) == 0 {
		return nil
	}
	add(doArriveLate, 0, w.late.isSent)
	for t := range w.store.records {
		add(doEvict, uint8(t), w.store.records[t].hard != 0 && st.spare.evictions > 0)
	}
	add(doEvict, tagsInAll+1, w.store.log.maker != 0 && st.spare.evictions > 0)
	add(doEvict, tagsInAll, w.store.count.maker != 0 && st.spare.evictions > 0)
	return list
}

func (s tagSystem) do(st *tagStep, e tagEvent) string {
	w := &st.world
	switch e.verb {
	case doStep:
		return s.step(w, &w.calls[e.index])
	case doAbandon:
		st.spare.crashes--
		w.calls[e.index].at = tagCrashed
	case doResend:
		st.spare.repeats--
		w.repeat(&w.calls[e.index])
	case doArriveLate:
		w.arrive()
	case doEvict:
		st.spare.evictions--
		switch e.index {
		case tagsInAll:
			w.store.count = count{}
		case tagsInAll + 1:
			w.store.log = count{}
		default:
			w.store.records[e.index] = record{}
		}
	}
	return ""
}

// step lets a call do its next operation, and counts the hits.
func (s tagSystem) step(w *tagWorld, c *tagCall) string {
	w.step(c)
	if s.hits == nil {
		return w.problem
	}
	if c.at == tagDone && c.isHit {
		*s.hits++
	}
	if w.problem != "" {
		*s.staleHits++
		w.problem = ""
	}
	return ""
}

func (s tagSystem) end(*tagStep) string { return "" }

// step lets the call do its next operation and handle the reply.
func (w *tagWorld) step(c *tagCall) {
	switch c.at {
	case tagStart:
		c.floor = w.floor
		c.at = tagLookUp
		if c.action != loadTagged {
			w.startInvalidation(c)
		}
	case tagLookUp:
		w.onLookUp(c)
	case tagMakeCount:
		w.onMakeCount(c)
	case tagValidate:
		w.onValidate(c)
	case tagRecount:
		w.onRecount(c)
	case tagVersions, tagLate:
		w.onVersion(c)
	case tagLoad:
		w.onLoad(c)
	case tagEarlyGuard:
		w.onEarlyGuard(c)
	case tagReadCount:
		w.onReadCount(c)
	case tagMakeRecord:
		w.onMakeRecord(c)
	case tagGuard:
		w.onGuard(c)
	case tagPut:
		w.onPut(c)
	case tagPutCount:
		w.onPutCount(c)
	default:
		w.stepInvalidation(c)
	}
}

func (w *tagWorld) stepInvalidation(c *tagCall) {
	switch c.at {
	case tagInvalidate:
		w.onInvalidate(c)
	case tagBump:
		w.onBump(c)
	case tagReadRecord:
		w.onReadRecord(c)
	case tagSetRecord:
		w.onSetRecord(c)
	case tagBumpAgain:
		w.onBumpAgain(c)
	case tagPurge:
		w.onPurge(c)
	default:
		w.stepLog(c)
	}
}
