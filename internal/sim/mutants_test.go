package sim

import (
	"strings"
	"testing"
)

// The random runs find what the small worlds find, for the rules that need no rare meeting.
// Each is broken in the plan that is named.
func TestRandomRunsFindBrokenRulesOfLeases(t *testing.T) {
	tests := []struct {
		broken leaseRule
		plan   string
	}{
		{loadsWithoutALease, "nothing goes wrong"},
		{commitsBySet, "nothing goes wrong"},
		{storesOverAnotherLease, "entries are evicted"},
		{takesALeaseForAWinner, "entries are evicted"},
		{takesOverBySet, "loads fail, hang and are given up"},
		{joinsAnyLoad, "requests and replies are lost"},
		{waitsAgain, "nothing goes wrong"},
		{refreshesBySet, "nothing goes wrong"},
		{refreshesUnderALease, "nothing goes wrong"},
		{marksStaleBySet, "clocks"},
		{addsAfterALease, "nothing goes wrong"},
		{reportsALeaseAsDeleted, "processes crash"},
		{returnsALease, "processes are paused"},
	}
	for _, test := range tests {
		t.Run(test.broken.String(), func(t *testing.T) {
			for _, plan := range faultPlans {
				for seed := uint64(1); plan.name == test.plan && seed <= seeds; seed++ {
					if problem := simulateLeases(seed, plan, test.broken).findings(); problem != "" {
						t.Logf("seed %d: %s", seed, problem)
						return
					}
				}
			}
			t.Errorf("%d seeds of %q show nothing wrong without the rule", seeds, test.plan)
		})
	}
}

// The same for tags.
func TestRandomRunsFindBrokenRulesOfTags(t *testing.T) {
	tests := []struct {
		broken tagRule
		plan   string
	}{
		{readsVersionsAfterTheLoad, "nothing goes wrong"},
		{remembersALaterCount, "nothing goes wrong"},
		{readsTheCountAfterVersions, "nothing goes wrong"},
		{keepsVersions, "nothing goes wrong"},
		{comparesNumbersAlone, "keys are lost"},
		{countsAndThenSetsTheTag, "nothing goes wrong in steps"},
		{setsTheTagAndThenCounts, "nothing goes wrong in steps"},
		{trustsLateTags, "nothing goes wrong"},
		{guardsBeforeTheVersion, "nothing goes wrong in steps"},
		{comparesLateNumbersAlone, "keys are lost, without a log"},
		{takesALostRecordForCurrent, "keys are lost"},
		{makesEqualRecords, "keys are lost, without a log"},
		{marksTagsStaleBySet, "nothing goes wrong in steps"},
		{takesAStaleTagForCurrent, "nothing goes wrong"},
		{forgetsPurges, "purges"},
		{takesALostLogForEmpty, "keys are lost"},
		{carriesALaterCount, "purges"},
		{ignoresTagsBeyondTheLimit, "nothing goes wrong"},
	}
	for _, test := range tests {
		t.Run(test.broken.String(), func(t *testing.T) {
			for _, plan := range tagPlans {
				for seed := uint64(1); plan.name == test.plan && seed <= seeds; seed++ {
					if problem := simulateTags(seed, plan, test.broken).problem; problem != "" {
						t.Logf("seed %d: %s", seed, problem)
						return
					}
				}
			}
			t.Errorf("%d seeds of %q show nothing wrong without the rule", seeds, test.plan)
		})
	}
}

// shows fails a test unless an exploration without a rule has found what is wrong then.
func shows[A any](t *testing.T, found exploration[A], finding string, trace func() string) {
	t.Helper()
	if found.problem == "" {
		t.Fatalf("%d states show nothing wrong without the rule", found.states)
	}
	history := trace()
	if !strings.Contains(found.problem, finding) {
		t.Errorf("found %q, want %q\n%s", found.problem, finding, history)
	}
	t.Logf("after %d states: %s\n%s", found.states, found.problem, history)
}
