package cachetest_test

import (
	"flag"
	"slices"
	"testing"

	"github.com/larder-go/larder/cache/cachetest"
)

// beyondTheModel are the mutants whose fault a sequence of valid operations by
// one goroutine, over few keys, short values and times, and native values of one
// type, does not show.
var beyondTheModel = []string{
	"Add looks and then sets", "AddNative looks and then sets", "Replace gets and sets",
	"Clear removes a page of keys", "a value ends at 64 KiB", "the expiry overflows",
	"CheckKey has an error of its own", "CheckKey accepts all", "Get of an invalid key is a miss",
	"takes a jump of the clock for a mistake",
	"a nil is a miss", "a native []byte comes back as bytes", "Replace compares a native value as text", "NativeByDefault changes its mind",
}

// The model finds stores with a fault.
func TestModelFindsMutants(t *testing.T) {
	// The same sequences in each run: a mutant is found always or never.
	setFlag(t, "rapid.seed", "1")
	setFlag(t, "rapid.checks", "200")
	// Failures are wanted here: they are neither kept nor made small.
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "0s")
	for _, m := range slices.Concat(
		entryMutants, timeoutMutants, addMutants, touchMutants, deleteMutants, clearMutants,
		manyMutants, counterMutants, replacerMutants, peekMutants, nativeMutants,
	) {
		if m.ownClock || slices.Contains(beyondTheModel, m.how) {
			continue
		}
		t.Run(m.how, func(t *testing.T) {
			r := record(t, func(r *recorder) { cachetest.ModelStoreOn(r, t, m.harness()) })
			if !r.failed {
				t.Error("the model agrees with the mutant")
			}
		})
	}
}

// setFlag gives a flag another value until the test ends.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := flag.Set(name, before); err != nil {
			t.Error(err)
		}
	})
}
