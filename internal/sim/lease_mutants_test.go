package sim

import (
	"testing"
)

// leaseMutants says for each rule which small world shows that it is needed, and what goes
// wrong there without it.
var leaseMutants = []struct {
	broken   leaseRule
	scenario string
	finding  string
}{
	{loadsWithoutALease, "two loads of one process, a deletion and a read", "came back"},
	{commitsBySet, "two loads of one process, a deletion and a read", "came back"},
	{storesOverAnotherLease, "a client repeats its request", "came back"},
	{takesALeaseForAWinner, "a lease expires under its holder", "was given a lease"},
	{commitsOneForm, "a renewal has no answer", "waits for ever"},
	{renewsFromOneForm, "a renewal has no answer", "waits for ever"},
	{takesOverBySet, "the lease of a dead holder is found", "could be served"},
	{neverTakesOver, "the lease of a dead holder is found", "waits for ever"},
	{joinsAnyLoad, "a load, and one that asks after a deletion in another process has returned", "came back"},
	{outdatesWhatItMayNotJoin, "a caller has waited for a load of its process", "nothing is stored"},
	{handsOnAnEarlierRead, "a load meets a value that is deleted at once", "came back"},
	{waitsForAlone, "a load fails", "waits for ever"},
	{waitsInsideALoad, "two loads need each other", "waits for ever"},
	{waitsWithoutLimit, "a load never ends, and its lease is renewed", "waits for ever"},
	{waitsAgain, "a load is given up", "has waited 2 times"},
	{failsWithoutAlone, "a load fails", "waits for ever"},
	{givesUpWithoutFree, "a load is given up", "waits for ever"},
	{refreshesBySet, "a stale entry is refreshed, and deleted", "came back"},
	{refreshesUnderALease, "a stale entry is refreshed once for all", "could be served"},
	{refreshesWithoutAClaim, "a stale entry is refreshed once for all", "there were 2 loads"},
	{marksStaleBySet, "an entry is marked stale, and deleted", "came back"},
	{addsAfterALease, "two loads and an Add of a caller", "did not add"},
	{reportsALeaseAsDeleted, "a client repeats its request", "reported true"},
	{returnsALease, "an entry is marked stale, and deleted", "was given a lease"},
	{touchesALeaseLikeAnEntry, "the lease of a dead holder is touched", "keeps a lease for 3600000 ms"},
	{sendsALeaseTwice, "answers are lost, and requests arrive late", "came back"},
	{ignoresItsOwnLease, "a client repeats its request", "waits for ever"},
}

// A rule whose absence no checker notices is not tested.
func TestEachRuleOfLeasesIsNeeded(t *testing.T) {
	tested := make(map[leaseRule]bool)
	for _, mutant := range leaseMutants {
		tested[mutant.broken] = true
		t.Run(mutant.broken.String(), func(t *testing.T) {
			s := leaseScenarioNamed(t, mutant.scenario)
			found := explore(s, s.start(mutant.broken), maxStates)
			shows(t, found, mutant.finding, func() string { return s.trace(mutant.broken, found.path) })
		})
	}
	for r := noLeaseRule + 1; r < endOfLeaseRules; r++ {
		if !tested[r] {
			t.Errorf("no test breaks the rule %v", r)
		}
	}
}

func leaseScenarioNamed(t *testing.T, name string) leaseSystem {
	t.Helper()
	for _, scenario := range leaseScenarios {
		if scenario.name == name {
			return leaseSystem{scenario}
		}
	}
	t.Fatalf("no small world is called %q", name)
	return leaseSystem{}
}
