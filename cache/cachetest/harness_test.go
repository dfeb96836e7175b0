package cachetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

func ExampleClock() {
	clock := cachetest.NewClock()
	clock.Advance(90 * time.Minute)
	fmt.Println(clock.Now())
	// Output: 2026-01-01 01:30:00 +0000 UTC
}

func ExampleAbility_String() {
	fmt.Println(cachetest.Many | cachetest.Counter)
	// Output: Many, Counter
}

// A case that does not apply passes and logs why.
func TestCaseThatDoesNotApplyPassesAndSaysWhy(t *testing.T) {
	h := cachetest.Harness{
		New: func(testing.TB, driver.Clock) driver.Store {
			t.Error("a store was opened for a case that does not apply")
			return nil
		},
	}
	for name, why := range map[string]string{
		"counter/adds":                              "not applicable: needs Counter",
		"timeout/expired-when-now-equals-expiry":    "not applicable: needs a fake clock",
		"discard/add-always-adds":                   "not applicable: needs a store that discards entries",
		"reopen/incr-is-atomic":                     "not applicable: needs Counter, Harness.Reopen",
		"damage/get-is-corrupt":                     "not applicable: needs Harness.Damage",
		"partial/get-what-the-others-have":          "not applicable: needs Many, Harness.PartDown",
		"limit/too-large":                           "not applicable: needs Harness.MaxValueSize",
		"key/invalid-is-refused-by-every-operation": "not applicable: needs KeyChecker",
	} {
		r := record(t, func(r *recorder) { cachetest.CheckCase(r, name, h) })
		if r.failed || strings.TrimSpace(r.text()) != why {
			t.Errorf("%s: failed: %v; it said %q, want %q", name, r.failed, r.text(), why)
		}
	}
}

// The model does not apply to a store that keeps nothing, and says so.
func TestModelOfDiscardingStoreDoesNotApply(t *testing.T) {
	r := record(t, func(r *recorder) { cachetest.ModelStoreOn(r, t, discardingHarness()) })
	if want := "not applicable"; r.failed || !strings.Contains(r.text(), want) {
		t.Errorf("failed: %v; it said %q, want %q", r.failed, r.text(), want)
	}
}

// A harness whose factory returns no store fails.
func TestFactoryWithoutStoreFails(t *testing.T) {
	h := cachetest.Harness{New: func(testing.TB, driver.Clock) driver.Store { return nil }}
	failsIn(t, "get/missing-is-not-found", h)
}

// Each case of the suite has a name of its own.
func TestCaseNamesDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for _, name := range cachetest.CaseNames() {
		if seen[name] {
			t.Errorf("two cases are called %q", name)
		}
		seen[name] = true
	}
}
