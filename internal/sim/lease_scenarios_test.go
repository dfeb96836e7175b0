package sim

import "testing"

// maxStates is more than any small world has.
const maxStates = 3_000_000

// What the protocol promises holds in every interleaving of each small world.
func TestLeasesHoldInEveryInterleaving(t *testing.T) {
	for _, scenario := range leaseScenarios {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			s := leaseSystem{scenario}
			found := explore(s, s.start(noLeaseRule), maxStates)
			if found.problem != "" {
				t.Errorf("%s\n%s", found.problem, s.trace(noLeaseRule, found.path))
			}
			if found.isCut {
				t.Errorf("more than %d states", found.states)
			}
			t.Logf("%d states", found.states)
		})
	}
}
