package sim

import (
	"fmt"
	"strings"
)

var actionNames = [...]string{getOrSet: "GetOrSet", get: "Get", set: "Set", add: "Add", remove: "Delete", touch: "Touch", markStale: "soft purge"}

func (a action) String() string { return actionNames[a] }

func (c *call) String() string {
	return fmt.Sprintf("process %d, call %d (%v of key %d)", c.process, c.index, c.action, c.key)
}

// trace runs the actions again, and writes a line for each.
func (s leaseSystem) trace(broken leaseRule, path []leaseAction) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, with the broken rule %q\n", s.name, broken)
	st := s.start(broken)
	for i, a := range path {
		before := st
		s.do(&st, a)
		fmt.Fprintf(&b, "%3d. %s\n", i+1, describeLeaseStep(&before.world, &st.world, a))
	}
	return b.String()
}

// describeLeaseStep says in words what one step was.
func describeLeaseStep(before, after *leaseWorld, a leaseAction) string {
	switch a.verb {
	case doArrive:
		return fmt.Sprintf("a late request arrives: %v; key 0 has %v now", before.late[a.index], after.store[0].value)
	case doExpire:
		return fmt.Sprintf("%v expires", before.store[a.index].value)
	}
	c, next := &before.calls[a.index], &after.calls[a.index]
	text := c.String() + ": "
	switch a.verb {
	case doStart:
		text += "asks"
	case doExecute:
		text += fmt.Sprintf("the store does %v", c.sent)
	case doHandle:
		text += fmt.Sprintf("gets the answer %v", c.got)
	case doLose:
		text += fmt.Sprintf("gets no answer to %v", c.sent)
	case doRepeat:
		text += fmt.Sprintf("the store does %v, and the client has no answer and repeats it", c.sent)
	case doReadDatabase:
		text += fmt.Sprintf("its load reads database version %d", before.database[c.key])
	case doFailLoad:
		text += "its load fails"
	case doGiveUp:
		text += "its load is given up"
	case doRenew:
		text += "renews its lease"
	case doExecuteRenewal:
		text += fmt.Sprintf("the store does its renewal %v", c.renewal)
	case doLoseRenewal:
		text += fmt.Sprintf("gets no answer to its renewal %v", c.renewal)
	case doPoll:
		text += "waits, and looks again"
	case doPollAtLast:
		text += "has seen the lease for one and a half ttl, and looks again"
	case doReachLimit:
		text += "has waited to the limit"
	case doCrash:
		text += "the process crashes"
	}
	return text + describeEnd(next)
}

// describeEnd says what the call does next.
func describeEnd(c *call) string {
	switch c.at {
	case atDone:
		if c.failed {
			return "; it ends with an error"
		}
		return fmt.Sprintf("; it ends with %v", c.result)
	case atLoad:
		return "; it is loading"
	case atWait:
		return fmt.Sprintf("; it waits for %v", c.found)
	case atJoined:
		return fmt.Sprintf("; it waits for the load of call %d", c.leader-1)
	}
	if c.sent.kind != noOp && !c.answered {
		return fmt.Sprintf("; it sends %v", c.sent)
	}
	return ""
}
