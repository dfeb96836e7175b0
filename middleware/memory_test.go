package middleware

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsRememberedIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		key, other := []byte("key"), []byte("other")
		want := func(remembered, absent bool) {
			t.Helper()
			known := m.recall(key)
			if r, a := known.isRemembered(), known.isAbsent(); r != remembered || a != absent {
				t.Errorf("after %v: remembered %v, absent %v; want %v, %v", time.Now(), r, a, remembered, absent)
			}
		}
		want(false, false)
		m.noteAbsent(key) // it is not remembered
		want(false, false)
		m.remember(key)
		want(true, false)
		m.noteAbsent(other)
		want(true, false)
		m.noteAbsent(key)
		want(true, true)
		time.Sleep(memoryTime / 2)
		m.remember(key) // there was another run, which may have stored
		want(true, false)
		time.Sleep(memoryTime)
		want(false, false)
		m.noteAbsent(key)
		want(false, false)
	})
}

func TestEachKeyIsRememberedForItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		want := func(when string, a, b bool) {
			t.Helper()
			hasA := m.recall([]byte("a")).isRemembered()
			hasB := m.recall([]byte("b")).isRemembered()
			if hasA != a || hasB != b {
				t.Errorf("%s: a: %v, b: %v", when, hasA, hasB)
			}
		}
		want("empty", false, false)
		m.remember([]byte("a"))
		want("a only", true, false)
		time.Sleep(memoryTime - 2*time.Second)
		m.remember([]byte("b"))
		want("before the time of a is over", true, true)
		time.Sleep(2 * time.Second)
		want("after it", false, true)
	})
}

func TestKeysThatWereNotRememberedAreNot(t *testing.T) {
	var m memory
	for i := range 10 * memorySize {
		m.remember(fmt.Append(nil, "remembered ", i))
	}
	mistaken := 0
	for i := range 10 * memorySize {
		if m.recall(fmt.Append(nil, "other ", i)).isRemembered() {
			mistaken++
		}
	}
	if mistaken > 2 {
		t.Errorf("%d of %d keys are taken for others", mistaken, 10*memorySize)
	}
}

func TestWhatIsKnownHoldsUntilTheMemoryKnowsOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		key := []byte("key")
		recalled := func() memo {
			m.remember(key)
			m.noteAbsent(key)
			return m.recall(key)
		}
		known := recalled()
		if !known.isAbsent() || !known.holds() {
			t.Error("it does not hold at once")
		}
		time.Sleep(time.Second)
		m.remember(key) // there was another run, which may have stored
		if known.holds() {
			t.Error("it holds although there was another run")
		}
		known = recalled()
		time.Sleep(memoryTime)
		if known.holds() {
			t.Error("it holds although its time is over")
		}
	})
}
