package sim

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	minutes = flag.Float64("minutes", 0, "run random seeds for so long, instead of the first ones")
	oneSeed = flag.Uint64("seed", 0, "run this seed alone, which a failure has named")
)

// seeds is how many seeds of each plan a test runs by default.
const seeds = 40

// eachSeed calls run with the seeds that the flags ask for: from 1 on by default.
func eachSeed(t *testing.T, plans int, run func(seed uint64)) {
	t.Helper()
	switch {
	case *oneSeed > 0:
		run(*oneSeed)
	case *minutes > 0:
		count := 0
		long := time.Duration(*minutes * float64(time.Minute) / float64(plans))
		for start := time.Now(); time.Since(start) < long && !t.Failed(); count++ {
			run(rand.Uint64())
		}
		t.Logf("%d seeds", count)
	default:
		for seed := range uint64(seeds) {
			run(seed + 1)
		}
	}
}

// What the lease protocol promises holds in random runs, whatever goes wrong.
func TestLeasesHoldInRandomRuns(t *testing.T) {
	for _, plan := range faultPlans {
		t.Run(plan.name, func(t *testing.T) {
			eachSeed(t, len(faultPlans)+len(tagPlans), func(seed uint64) {
				r := simulateLeases(seed, plan, noLeaseRule)
				if problem := r.findings(); problem != "" {
					t.Fatalf("seed %d: %s\n%s\nRepeat it with: go test ./internal/sim -run %s -seed %d", seed, problem, strings.Join(r.lines, "\n"), t.Name(), seed)
				}
			})
		})
	}
}

// findings is what is wrong with a run, by the exact checkers or by linearizability.
func (r *leaseRun) findings() string {
	if r.world.problem == "" && !r.isLinearizable() {
		return "no order of these operations explains their results"
	}
	return r.world.problem
}

// What the tag protocol promises holds in random runs, whatever goes wrong.
func TestTagsHoldInRandomRuns(t *testing.T) {
	for _, plan := range tagPlans {
		t.Run(plan.name, func(t *testing.T) {
			hits := 0
			eachSeed(t, len(faultPlans)+len(tagPlans), func(seed uint64) {
				r := simulateTags(seed, plan, noTagRule)
				if r.problem != "" {
					t.Fatalf("seed %d: %s\n%s\nRepeat it with: go test ./internal/sim -run %s -seed %d", seed, r.problem, strings.Join(r.lines, "\n"), t.Name(), seed)
				}
				hits += r.hits
			})
			if hits == 0 {
				t.Error("there was no hit")
			}
		})
	}
}
