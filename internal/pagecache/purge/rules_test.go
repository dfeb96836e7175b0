package purge

import (
	"fmt"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// The list of purges does not grow with the number of purges, since it is compared with each hit
// and stored.
func TestTheListOfPurgesIsBounded(t *testing.T) {
	const prefixes = 3
	start := time.Unix(1_000_000, 0)
	var rules []page.PurgeRule
	for i := range 10 * page.MaxRules {
		rule := page.PurgeRule{
			KeyPrefix: fmt.Sprint("site", i%prefixes), Scheme: "http", Host: "a.test", Path: fmt.Sprint("/", i),
			At: start.Add(time.Duration(i) * time.Second), Soft: i%2 == 0,
		}
		if rules = WithRule(rules, rule); len(rules) > page.MaxRules {
			t.Fatalf("%d rules after %d purges", len(rules), i+1)
		}
		// Whatever was purged stays purged.
		for _, j := range []int{0, i / 2, i} {
			made := start.Add(time.Duration(j)*time.Second - time.Millisecond)
			purged := false
			for k := range rules {
				page := policy.Target{Scheme: "http", Host: "a.test", Path: fmt.Sprint("/", j)}
				purged = purged || rules[k].Matches(fmt.Sprint("site", j%prefixes), page, made)
			}
			if !purged {
				t.Fatalf("after %d purges, that of page %d is forgotten", i+1, j)
			}
		}
	}
}

// A process keeps the purges that it knows when the store loses its list, within the same bound.
func TestPurgesThatTheStoreHasLostAreKept(t *testing.T) {
	rule := func(i int) page.PurgeRule {
		return page.PurgeRule{Scheme: "http", Host: "a.test", Path: fmt.Sprint("/", i), At: time.Unix(int64(i), 0)}
	}
	var known, fetched []page.PurgeRule
	for i := range page.MaxRules {
		known = WithRule(known, rule(i))
		fetched = WithRule(fetched, rule(page.MaxRules+i))
	}
	if all := union(known, known); len(all) != len(known) {
		t.Errorf("%d rules of one list", len(all))
	}
	if all := union(known, nil); len(all) != len(known) {
		t.Errorf("%d rules, when the store has lost all of %d", len(all), len(known))
	}
	all := union(known, fetched)
	if len(all) > page.MaxRules {
		t.Errorf("%d rules of both lists", len(all))
	}
	for i := range 2 * page.MaxRules {
		page := policy.Target{Scheme: "http", Host: "a.test", Path: fmt.Sprint("/", i)}
		purged := false
		for k := range all {
			purged = purged || all[k].Matches("", page, time.Unix(int64(i), -1))
		}
		if !purged {
			t.Fatalf("the purge of page %d is forgotten", i)
		}
	}
}
