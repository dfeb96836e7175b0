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
			if r, a := m.has(key); r != remembered || a != absent {
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
			hasA, _ := m.has([]byte("a"))
			hasB, _ := m.has([]byte("b"))
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
		if remembered, _ := m.has(fmt.Append(nil, "other ", i)); remembered {
			mistaken++
		}
	}
	if mistaken > 2 {
		t.Errorf("%d of %d keys are taken for others", mistaken, 10*memorySize)
	}
}
