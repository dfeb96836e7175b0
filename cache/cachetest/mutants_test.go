package cachetest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

// mutant is the reference store made wrong in one way, and the cases that must
// find it out. Others may too.
type mutant struct {
	how      string
	fails    []string
	bend     func(b *bent)
	ownClock bool // its fault shows only where the suite waits
}

// mutants are all of them: for each case of the suite there is one at least.
func mutants() []mutant {
	return slices.Concat(
		entryMutants, ownershipMutants, timeoutMutants, addMutants, touchMutants, deleteMutants, clearMutants,
		manyMutants, partialMutants, counterMutants, replacerMutants, headReplacerMutants, leaseMutants, peekMutants, nativeMutants, hookMutants, sessionMutants, asyncMutants, replicatedMutants,
		invalidatorMutants, invalidatorStepMutants,
		contextMutants, shutdownMutants, reopenMutants, damageMutants, limitMutants, concurrencyMutants)
}

func (m mutant) harness() cachetest.Harness {
	h := referenceHarness()
	bend := func(memory *memory) *bent {
		b := &bent{memory: memory}
		m.bend(b)
		return b
	}
	h.New = func(_ testing.TB, clock driver.Clock) driver.Store { return bend(newMemory(clock)) }
	h.Reopen = func(_ testing.TB, s driver.Store, _ driver.Clock) driver.Store {
		return bend(&memory{data: s.(*bent).data})
	}
	h.Damage = func(_ testing.TB, s driver.Store, key []byte) { s.(*bent).damage(key) }
	h.PartDown = func(_ testing.TB, s driver.Store) func([]byte) bool { return s.(*bent).partDown() }
	h.FakeClock = !m.ownClock
	return h
}

// Each case finds the store with its fault.
func TestMutantsAreFound(t *testing.T) {
	for _, m := range mutants() {
		for _, name := range m.fails {
			t.Run(name+"/"+m.how, func(t *testing.T) {
				failsIn(t, name, m.harness())
			})
		}
	}
}

// failsIn fails the test unless the case called name fails over h. In a
// bubble, what the suite waits for and what a mutant does late take no time.
func failsIn(t *testing.T, name string, h cachetest.Harness) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, func(r *recorder) {
			if !cachetest.CheckCase(r, name, h) {
				t.Errorf("there is no case %q", name)
			}
		})
		time.Sleep(time.Hour) // for the goroutines of mutants that leave some
		if !r.failed {
			t.Errorf("the case passes; it said:\n%s", r.text())
		}
		if !strings.Contains(r.text(), "the rule: ") {
			t.Errorf("the failure does not print the rule; it said:\n%s", r.text())
		}
	})
}

// Each case has a faulty store that it finds.
func TestEveryCaseHasAMutant(t *testing.T) {
	found := []string{"abilities/as-declared"} // see TestAbilitiesAreAsDeclared
	for _, m := range mutants() {
		found = append(found, m.fails...)
	}
	for _, name := range cachetest.CaseNames() {
		if cachetest.Applies(name, referenceHarness()) && !slices.Contains(found, name) {
			t.Errorf("no mutant shows that %s can fail", name)
		}
	}
}

// A declared ability that is missing fails, and so does an undeclared one that is there.
func TestAbilitiesAreAsDeclared(t *testing.T) {
	t.Run("declared but missing", func(t *testing.T) {
		h := referenceHarness()
		h.New = func(_ testing.TB, clock driver.Clock) driver.Store { return newPlain(clock) }
		failsIn(t, "abilities/as-declared", h)
		failsIn(t, "counter/adds", h)
	})
	t.Run("implemented but not declared", func(t *testing.T) {
		h := referenceHarness()
		h.Abilities &^= cachetest.Counter
		failsIn(t, "abilities/as-declared", h)
	})
}

// Store hooks that are called and not declared fail, and the reverse.
func TestStoreHooksAreAsDeclared(t *testing.T) {
	t.Run("called but not declared", func(t *testing.T) {
		h := referenceHarness()
		h.StoreHooks = false
		failsIn(t, "hook/as-declared", h)
	})
	t.Run("neither called nor declared", func(t *testing.T) {
		h := mutant{bend: ignoreHooks}.harness()
		h.StoreHooks = false
		if !cachetest.CheckCase(t, "hook/as-declared", h) {
			t.Error("there is no such case")
		}
	})
}

// A store that keeps entries fails the cases for one that discards them.
func TestKeepingStoreDoesNotDiscard(t *testing.T) {
	h := discardingHarness()
	h.New = referenceHarness().New
	for _, name := range cachetest.CaseNames() {
		if strings.HasPrefix(name, "discard/") {
			t.Run(name, func(t *testing.T) { failsIn(t, name, h) })
		}
	}
}

// raw returns what is stored under key, even if it has expired.
func (d *data) raw(key []byte) (entry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.entries[string(key)]
	return e, ok
}

// alter changes what is stored under key, if anything is.
func (d *data) alter(key []byte, change func(e *entry)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.entries[string(key)]; ok {
		change(&e)
		d.entries[string(key)] = e
	}
}

// dawdle gives other goroutines time to come in between.
func dawdle() { time.Sleep(time.Millisecond) }
