package sim

import (
	"testing"
)

// What the protocol promises holds in every interleaving of each small world.
func TestTagsHoldInEveryInterleaving(t *testing.T) {
	for _, scenario := range tagScenarios {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			s := tagSystem{tagScenario: scenario}
			found := explore(s, s.start(noTagRule), maxStates)
			if found.problem != "" {
				t.Errorf("%s\n%s", found.problem, s.trace(noTagRule, found.path))
			}
			if found.isCut {
				t.Errorf("more than %d states", found.states)
			}
			t.Logf("%d states", found.states)
		})
	}
}

// tagMutants says for each rule which small world shows that it is needed.
var tagMutants = []struct {
	broken   tagRule
	scenario string
	finding  string
}{
	{readsVersionsAfterTheLoad, "two loads and two invalidations", "was invalidated"},
	{remembersALaterCount, "two loads and two invalidations", "was invalidated"},
	{readsTheCountAfterVersions, "three reads and an invalidation of one of two tags", "was invalidated"},
	{keepsVersions, "two loads and two invalidations", "was invalidated"},
	{comparesNumbersAlone, "records and counts are lost", "was invalidated"},
	{countsAndThenSetsTheTag, "three reads and an invalidation in steps", "was invalidated"},
	{setsTheTagAndThenCounts, "late tags and an invalidation, in steps", "was invalidated"},
	{trustsLateTags, "late tags and an invalidation", "was invalidated"},
	{guardsBeforeTheVersion, "late tags and an invalidation, in steps", "was invalidated"},
	{comparesLateNumbersAlone, "the count is lost, and comes to the number of a look-up again", "was invalidated"},
	{takesALostRecordForCurrent, "records and counts are lost", "was invalidated"},
	{makesEqualRecords, "a record is lost, and made again for another key", "was invalidated"},
	{bearsAnEarlierCount, "late tags and an invalidation", "was invalidated"},
	{marksTagsStaleBySet, "soft and hard invalidations in steps", "was invalidated"},
	{takesAStaleTagForCurrent, "soft and hard invalidations", "as fresh"},
	{forgetsPurges, "more purges than the log has room for", "was purged"},
	{takesALostLogForEmpty, "the log of purges is lost", "was purged"},
	{carriesALaterCount, "purges of a prefix", "was purged"},
	{ignoresTagsBeyondTheLimit, "an entry with too many tags", "was invalidated"},
	{countsAndThenLogs, "purges of a prefix, with a log of its own", "was purged"},
	{readsTheLogBeforeTheCount, "purges of a prefix, with a log of its own", "was purged"},
	{makesALogForTheCount, "a log of its own is lost", "was purged"},
	{sendsAVersionTwice, "a client repeats an invalidation", "was invalidated"},
}

// A rule whose absence no checker notices is not tested.
func TestEachRuleOfTagsIsNeeded(t *testing.T) {
	tested := make(map[tagRule]bool)
	for _, mutant := range tagMutants {
		tested[mutant.broken] = true
		t.Run(mutant.broken.String(), func(t *testing.T) {
			s := tagScenarioNamed(t, mutant.scenario)
			found := explore(s, s.start(mutant.broken), maxStates)
			shows(t, found, mutant.finding, func() string { return s.trace(mutant.broken, found.path) })
		})
	}
	for r := noTagRule + 1; r < endOfTagRules; r++ {
		if !tested[r] {
			t.Errorf("no test breaks the rule %v", r)
		}
	}
}

func tagScenarioNamed(t *testing.T, name string) tagSystem {
	t.Helper()
	for _, scenario := range tagScenarios {
		if scenario.name == name {
			return tagSystem{tagScenario: scenario}
		}
	}
	t.Fatalf("no small world is called %q", name)
	return tagSystem{}
}

// Without a rule a great part of the hits is stale, not one in a million: each of these rules
// is broken by some cache that is in use.
func TestHowManyHitsAreStaleWithoutARule(t *testing.T) {
	tests := []struct {
		broken   tagRule
		scenario string
	}{
		{noTagRule, "two loads and two invalidations"},
		{readsVersionsAfterTheLoad, "two loads and two invalidations"},
		{remembersALaterCount, "two loads and two invalidations"},
		{countsAndThenSetsTheTag, "three reads and an invalidation in steps"},
		{setsTheTagAndThenCounts, "late tags and an invalidation, in steps"},
	}
	for _, test := range tests {
		hits, stale := 0, 0
		s := tagScenarioNamed(t, test.scenario)
		s.hits, s.staleHits = &hits, &stale
		explore(s, s.start(test.broken), maxStates)
		t.Logf("%v: %d of %d hits are stale", test.broken, stale, hits)
		if isBroken := test.broken != noTagRule; hits == 0 || (stale > 0) != isBroken {
			t.Errorf("%v: %d of %d hits are stale", test.broken, stale, hits)
		}
	}
}
