package cachetest

import (
	"slices"
	"testing"
)

// RunStore checks the store of h against the contract in package driver. Each
// case is a subtest named for its rule, over a fresh store. Cases that do not
// apply to the store pass and log why, so that go test -v lists them.
func RunStore(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range storeCases() {
		t.Run(c.name, func(t *testing.T) {
			if h.Parallel {
				t.Parallel()
			}
			c.check(t, h)
		})
	}
}

// storeCase is one rule of the contract.
type storeCase struct {
	name  string  // of the subtest: subject/rule
	rule  string  // the sentence of package driver that the case checks
	needs Ability // what the case cannot do without
	run   func(p *probe)
}

// check runs the case over a fresh store, or logs why it does not apply.
func (c storeCase) check(tb testing.TB, h Harness) {
	tb.Helper()
	h.check(tb, c.needs, c.rule, func() { c.run(newProbe(tb, h)) })
}

// check runs a case, or logs which abilities it needs that the store lacks. If it fails, it
// logs the rule.
func (h Harness) check(tb testing.TB, needs Ability, rule string, run func()) {
	tb.Helper()
	if missing := needs &^ h.traits(); missing != 0 {
		tb.Logf("not applicable: needs %v", missing)
		return
	}
	defer func() {
		if tb.Failed() {
			tb.Logf("the rule: %s", rule)
		}
	}()
	run()
}

// storeCases returns every case.
func storeCases() []storeCase {
	return slices.Concat(
		abilityCases,
		contextCases,
		shutdownCases,
		requiring(keeping,
			setCases,
			valueCases,
			keyCases,
			ownershipCases,
			timeoutCases,
			addCases,
			touchCases,
			deleteCases,
			clearCases,
			concurrencyCases,
		),
		requiring(keeping|Many, manyCases),
		requiring(keeping|Many|several, partialCases),
		requiring(keeping|Counter, counterCases),
		requiring(keeping|Replacer, replacerCases, leaseCases),
		requiring(keeping|HeadReplacer, headReplacerCases),
		requiring(keeping|Peeker, peekerCases),
		requiring(keeping|Expirer, expirerCases),
		requiring(keeping|Native, nativeCases, hookDeclaredCases),
		requiring(keeping|Native|storeHooks, hookCases),
		requiring(keeping|Verifier, verifierCases),
		requiring(keeping|Replicated, replicatedCases),
		requiring(keeping|Invalidator, invalidationCases, invalidationsAtOnceCases),
		requiring(keeping|Sessions, sessionCases),
		requiring(keeping|Async, asyncCases),
		requiring(keeping|reopening, reopenCases),
		requiring(keeping|damaging, damageCases),
		requiring(keeping|limited, limitCases),
		requiring(discarding, discardCases),
	)
}

// requiring returns all cases of groups with needs added to each.
func requiring(needs Ability, groups ...[]storeCase) []storeCase {
	cases := slices.Concat(groups...)
	for i := range cases {
		cases[i].needs |= needs
	}
	return cases
}
