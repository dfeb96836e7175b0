package sim

// leaseRule names a rule of the lease protocol, to break it.
type leaseRule uint8

// The rules. Each name says what the model does if the rule is broken.
const (
	noLeaseRule              leaseRule = iota
	loadsWithoutALease                 // a load begins with nothing at the store, and stores with Add
	commitsBySet                       // a load stores without comparing
	storesOverAnotherLease             // a load whose lease is gone stores by replacing the lease that it finds
	takesALeaseForAWinner              // a load whose commit failed hands on the lease that it finds
	commitsOneForm                     // a commit forgets the renewal that had no answer
	renewsFromOneForm                  // a renewal after one without an answer takes that for done
	takesOverBySet                     // a lease is taken over without comparing
	neverTakesOver                     // the lease of a dead holder is waited for
	joinsAnyLoad                       // a caller joins whatever load of its key runs in its process
	outdatesWhatItMayNotJoin           // a caller that has waited makes the load of its process outdated
	handsOnAnEarlierRead               // a load hands what it has read to callers that asked after its read
	waitsForAlone                      // a caller waits for a lease whose state is alone
	waitsInsideALoad                   // the load of one key waits for that of another
	waitsWithoutLimit                  // a caller waits as long as a lease is renewed
	waitsAgain                         // a caller waits for each lease that it finds
	failsWithoutAlone                  // a load that failed leaves its lease as it is
	givesUpWithoutFree                 // a load that nobody waits for leaves its lease as it is
	refreshesBySet                     // a refresh stores without comparing
	refreshesUnderALease               // a refresh replaces what may still be served by a lease
	refreshesWithoutAClaim             // each caller that finds a stale entry loads
	marksStaleBySet                    // a soft purge stores without comparing
	addsAfterALease                    // Add of a caller takes a lease for an entry
	reportsALeaseAsDeleted             // Delete takes a lease for an entry
	returnsALease                      // Get takes a lease for an entry
	touchesALeaseLikeAnEntry           // Touch gives a lease the ttl of the entry
	sendsALeaseTwice                   // an Add without an answer is repeated with the same identity
	ignoresItsOwnLease                 // an Add that finds its own lease, stored by its first try, waits for it
	endOfLeaseRules
)

func (r leaseRule) String() string { return leaseRuleNames[r] }

var leaseRuleNames = [endOfLeaseRules]string{
	noLeaseRule:              "none",
	loadsWithoutALease:       "loadsWithoutALease",
	commitsBySet:             "commitsBySet",
	storesOverAnotherLease:   "storesOverAnotherLease",
	takesALeaseForAWinner:    "takesALeaseForAWinner",
	commitsOneForm:           "commitsOneForm",
	renewsFromOneForm:        "renewsFromOneForm",
	takesOverBySet:           "takesOverBySet",
	neverTakesOver:           "neverTakesOver",
	joinsAnyLoad:             "joinsAnyLoad",
	outdatesWhatItMayNotJoin: "outdatesWhatItMayNotJoin",
	handsOnAnEarlierRead:     "handsOnAnEarlierRead",
	waitsForAlone:            "waitsForAlone",
	waitsInsideALoad:         "waitsInsideALoad",
	waitsWithoutLimit:        "waitsWithoutLimit",
	waitsAgain:               "waitsAgain",
	failsWithoutAlone:        "failsWithoutAlone",
	givesUpWithoutFree:       "givesUpWithoutFree",
	refreshesBySet:           "refreshesBySet",
	refreshesUnderALease:     "refreshesUnderALease",
	refreshesWithoutAClaim:   "refreshesWithoutAClaim",
	marksStaleBySet:          "marksStaleBySet",
	addsAfterALease:          "addsAfterALease",
	reportsALeaseAsDeleted:   "reportsALeaseAsDeleted",
	returnsALease:            "returnsALease",
	touchesALeaseLikeAnEntry: "touchesALeaseLikeAnEntry",
	sendsALeaseTwice:         "sendsALeaseTwice",
	ignoresItsOwnLease:       "ignoresItsOwnLease",
}

// mayServe reports whether the caller may be given v as it is.
func mayServe(c *call, v value) bool {
	return v.kind == data && (!v.stale || !c.refuses)
}

// mayJoin reports whether the caller may be given the result of a load of its process: the
// entry that it has just looked up is the one that the load is going to replace, or it asked
// before the load began. Otherwise a deletion may have returned between the two.
func (w *leaseWorld) mayJoin(c *call, f *call) bool {
	switch {
	case w.broken == joinsAnyLoad:
		return true
	case f.outdated || c.isNested || c.waited:
		return false
	case !c.afterLoad.has(f.index):
		return true
	case f.holds:
		return c.found.isSameLease(f.lease)
	case f.found.isLease(): // another holder's: it was there before the load, and is
		return c.found.isSameLease(f.found)
	}
	return f.refreshes() && c.found == f.found
}

// mayHandOn reports whether a follower may be given what the leader has read from the store:
// it asked before that read was sent.
func (w *leaseWorld) mayHandOn(f, follower *call) bool {
	return !follower.afterRead.has(f.index) || w.broken == handsOnAnEarlierRead
}

// mayWait reports whether the caller may wait for the holder of the lease that it found: once,
// and never inside another load, or two loads could wait for each other.
func (w *leaseWorld) mayWait(c *call) bool {
	switch {
	case c.noWait, c.isNested && w.broken != waitsInsideALoad:
		return false
	case c.waited && w.broken != waitsAgain:
		return false
	case c.found.state == alone:
		return w.broken == waitsForAlone
	}
	return true
}

// isOwnLease reports whether v is a lease that the caller itself has stored: an Add without
// an answer is repeated, and finds what the first has done.
func (w *leaseWorld) isOwnLease(c *call, v value) bool {
	return v.isLease() && v.id>>idBits == c.serial && w.broken != ignoresItsOwnLease
}

// newLease returns the lease for one attempt to store it. The next attempt has another
// identity: the request of this one may still arrive when the lease is long gone, and would
// bring back what the holder compares with.
func (w *leaseWorld) newLease(c *call) value {
	if w.broken == sendsALeaseTwice && c.lease.isLease() {
		return c.lease
	}
	return value{kind: lease, id: c.newID()}
}

// mayTakeOver reports whether the process has seen these bytes of a lease for so long that
// its holder is dead, or as good as dead. If it is wrong, only the holder's load is lost.
func (w *leaseWorld) mayTakeOver(c *call, found value) bool {
	if found.state == free {
		return true
	}
	seen := w.processes[c.process].seen[c.key]
	return found == seen.lease && w.broken != neverTakesOver && w.passed(c, seen.since, takeOverAfter, takeOverTime)
}

// isWinner reports whether what a load finds after its commit failed is the value of another
// writer. A lease is not: its holder has stored nothing.
func (w *leaseWorld) isWinner(c *call, v value) bool {
	return mayServe(c, v) || v.isLease() && w.broken == takesALeaseForAWinner
}

// ttlOfTouch is the ttl that Touch gives to what it found: a lease has its own back.
func (w *leaseWorld) ttlOfTouch(head value, wanted ticks) ticks {
	if head.isLease() && w.broken != touchesALeaseLikeAnEntry {
		return leaseTTL
	}
	return wanted
}
