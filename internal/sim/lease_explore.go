package sim

// leaseSystem lets a lease world take its steps in every order.
type leaseSystem struct{ leaseScenario }

// leaseScenario is a small world, and what must be true at its end.
type leaseScenario struct {
	name  string
	calls []call
	entry value  // what is stored under key 0 at the beginning
	spare faults // what may go wrong, and how often

	takeOvers bool // a lease may have been seen for long enough to be taken over
	limit     bool // a wait may reach its limit

	// How many loads of key 0 there are at the end if nothing fails; 0 if that is not told.
	loads uint8
	// A value is stored under key 0 at the end.
	mustStore bool
}

// faults is how often each thing may still go wrong.
type faults struct {
	lost, lostRenewals, repeated, failing, givenUp, renewals, expired, crashed uint8
}

// verb is what happens in one step.
type verb uint8

const (
	doStart verb = iota
	doExecute
	doHandle
	doLose
	doRepeat
	doReadDatabase
	doFailLoad
	doGiveUp
	doRenew
	doExecuteRenewal
	doLoseRenewal
	doPoll
	doPollAtLast
	doReachLimit
	doExpire
	doCrash
	doArrive
)

// leaseAction is one step of a world: of a call, or of a late request.
type leaseAction struct {
	verb  verb
	index uint8
}

// leaseStep is a state of a scenario.
type leaseStep struct {
	world leaseWorld
	spare faults
}

func (s leaseScenario) start(broken leaseRule) (first leaseStep) {
	first.spare = s.spare
	w := &first.world
	w.broken = broken
	for i, c := range s.calls {
		c.index, c.serial = uint8(i), uint16(i+1)
		w.calls[i] = c
	}
	for _, c := range s.calls {
		if c.needs > 0 {
			child := &w.calls[c.needs-1]
			child.hasParent, child.isNested = true, !child.overHTTP
		}
	}
	w.store[0].value = s.entry
	return first
}

func (s leaseSystem) actions(st *leaseStep) (list []leaseAction) {
	w := &st.world
	for i := range w.calls {
		if c := &w.calls[i]; c.action != 0 {
			list = s.actionsOf(st, c, list)
		}
	}
	for i, o := range w.late {
		if o.kind != noOp {
			list = append(list, leaseAction{doArrive, uint8(i)})
		}
	}
	for k := range w.store {
		if v := w.store[k].value; st.spare.expired > 0 && (v.isLease() || v.kind == claim) {
			list = append(list, leaseAction{doExpire, uint8(k)})
		}
	}
	return list
}

// actionsOf adds what the call, its requests and its process may do next.
func (s leaseSystem) actionsOf(st *leaseStep, c *call, list []leaseAction) []leaseAction {
	w, spare := &st.world, &st.spare
	may := func(v verb, isPossible bool) {
		if isPossible {
			list = append(list, leaseAction{v, c.index})
		}
	}
	isSent := c.sent.kind != noOp && !c.answered
	isLoading := c.at == atLoad && !c.hangs
	found := w.store.at(c.key, w.now)
	may(doStart, c.at == atStart && !c.hasParent)
	may(doExecute, isSent)
	may(doHandle, c.answered && c.at != atCrashed)
	may(doLose, isSent && spare.lost > 0 && c.at != atCrashed)
	may(doRepeat, isSent && spare.repeated > 0 && c.at != atCrashed)
	may(doReadDatabase, isLoading)
	may(doFailLoad, isLoading && spare.failing > 0)
	may(doGiveUp, isLoading && spare.givenUp > 0 && !w.hasFollowers(c))
	may(doRenew, c.mayRenew() && spare.renewals > 0)
	may(doExecuteRenewal, c.renewal.kind != noOp)
	may(doLoseRenewal, c.renewal.kind != noOp && spare.lostRenewals > 0 && c.at != atCrashed)
	may(doPoll, c.at == atWait && found != c.found)
	may(doPollAtLast, c.at == atWait && found == c.found && found.isLease() && s.takeOvers && w.broken != neverTakesOver)
	may(doReachLimit, (c.at == atWait || c.at == atJoined) && s.limit && w.broken != waitsWithoutLimit)
	may(doCrash, spare.crashed > 0 && c.at > atStart && c.at < atDone)
	return list
}

func (s leaseSystem) do(st *leaseStep, a leaseAction) string {
	w, spare := &st.world, &st.spare
	switch a.verb {
	case doStart:
		w.begin(a.index)
	case doExecute:
		w.execute(a.index)
		if c := &w.calls[a.index]; c.at == atCrashed {
			c.sent, c.got, c.answered = op{}, reply{}, false
		}
	case doHandle:
		w.handle(a.index)
	case doLose:
		spare.lost--
		c := &w.calls[a.index]
		w.sendLate(c.sent)
		c.got, c.answered = reply{err: true}, true
	case doRepeat:
		spare.repeated--
		w.execute(a.index)
		w.calls[a.index].got, w.calls[a.index].answered = reply{}, false
	case doArrive:
		o := w.late[a.index]
		w.late[a.index] = op{}
		w.apply(&call{}, o)
	case doExpire:
		spare.expired--
		w.store[a.index] = entry{}
	default:
		s.doCall(st, &w.calls[a.index], a.verb)
	}
	return w.problem
}

// doCall lets one call, or its process, take a step that is no operation of the store.
func (s leaseSystem) doCall(st *leaseStep, c *call, v verb) {
	w, spare := &st.world, &st.spare
	switch v {
	case doReadDatabase:
		w.readDatabase(c)
	case doFailLoad:
		spare.failing--
		w.failLoad(c)
	case doGiveUp:
		spare.givenUp--
		w.giveUp(c)
	case doRenew:
		spare.renewals--
		c.renew()
	case doExecuteRenewal:
		w.executeRenewal(c.index)
	case doLoseRenewal:
		spare.lostRenewals--
		w.sendLate(c.renewal)
		w.onRenewal(c, reply{err: true})
	case doPoll:
		w.poll(c)
	case doPollAtLast:
		c.overdue = takeOverTime
		w.poll(c)
	case doReachLimit:
		w.reachLimit(c)
	case doCrash:
		spare.crashed--
		w.crash(c.process)
	}
}

// sendLate keeps a request that nobody waits for any more. If there is no room, it is lost.
func (w *leaseWorld) sendLate(o op) {
	for i := range w.late {
		if w.late[i].kind == noOp {
			w.late[i] = o
			return
		}
	}
}

func (w *leaseWorld) hasFollowers(c *call) (found bool) {
	w.followers(c, func(*call) { found = true })
	return found
}

// end holds the last state against what the scenario says.
func (s leaseSystem) end(st *leaseStep) string {
	w := &st.world
	switch c := w.stuck(); {
	case c != nil:
		w.fail("call %d waits for ever", c.index)
	case s.loads > 0 && w.loads[0] != s.loads:
		w.fail("there were %d loads, and %d were enough", w.loads[0], s.loads)
	case w.store[0].value.isLease() && w.store[0].expires > leaseTTL:
		w.fail("the store keeps a lease for %d ms", w.store[0].expires)
	case s.mustStore && w.store[0].value.kind != data:
		w.fail("nothing is stored at the end, but %v", w.store[0].value)
	}
	return w.problem
}

// reachLimit ends a wait, however long it has been.
func (w *leaseWorld) reachLimit(c *call) {
	if c.at == atJoined {
		w.leave(c)
		return
	}
	c.overdue = limitTime
	w.poll(c)
}
