package engine

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"
)

func keyOf(text string) memoryKey { return memoryKey{canonical: []byte(text)} }

// An uncacheable key is forgotten after a while, when it is forgotten explicitly, and never
// remembered without a response.
func TestRememberedKeysExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m negativeCache
		key, other := keyOf("key"), keyOf("other")
		want := func(remembered, absent bool) {
			t.Helper()
			known := m.lookup(key)
			if r, a := known.isRemembered(), known.isAbsent(); r != remembered || a != absent {
				t.Errorf("after %v: remembered %v, absent %v; want %v, %v", time.Now(), r, a, remembered, absent)
			}
		}
		want(false, false)
		m.rememberAbsent(key) // it is not remembered
		want(false, false)
		m.remember(key, reason.Private)
		want(true, false)
		m.rememberAbsent(other)
		want(true, false)
		m.rememberAbsent(key)
		want(true, true)
		time.Sleep(memoryTime / 2)
		m.remember(key, reason.Private) // there was another run, which may have stored
		want(true, false)
		time.Sleep(memoryTime)
		want(false, false)
		m.rememberAbsent(key)
		want(false, false)
	})
}

// Each uncacheable key is remembered for its own time.
func TestEachKeyIsRememberedForItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(negativeCache)
		want := func(when string, a, b bool) {
			t.Helper()
			hasA := m.lookup(keyOf("a")).isRemembered()
			hasB := m.lookup(keyOf("b")).isRemembered()
			if hasA != a || hasB != b {
				t.Errorf("%s: a: %v, b: %v", when, hasA, hasB)
			}
		}
		want("empty", false, false)
		m.remember(keyOf("a"), reason.Private)
		want("a only", true, false)
		time.Sleep(memoryTime - 2*time.Second)
		m.remember(keyOf("b"), reason.Private)
		want("before the time of a is over", true, true)
		time.Sleep(2 * time.Second)
		want("after it", false, true)
	})
}

// A key that was not remembered is almost never taken for one that was.
func TestKeysThatWereNotRememberedAreNot(t *testing.T) {
	var m negativeCache
	for i := range 10 * memorySize {
		m.remember(keyOf(fmt.Sprint("remembered ", i)), reason.Private)
	}
	mistaken := 0
	for i := range 10 * memorySize {
		if m.lookup(keyOf(fmt.Sprint("other ", i))).isRemembered() {
			mistaken++
		}
	}
	if mistaken > 2 {
		t.Errorf("%d of %d keys are taken for others", mistaken, 10*memorySize)
	}
}

// A lookup in the negative cache holds until its key is remembered or forgotten again.
func TestWhatIsKnownHoldsUntilTheMemoryKnowsOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m negativeCache
		key := keyOf("key")
		lookedUp := func() remembered {
			m.remember(key, reason.Private)
			m.rememberAbsent(key)
			return m.lookup(key)
		}
		known := lookedUp()
		if !known.isAbsent() || !known.holds() {
			t.Error("it does not hold at once")
		}
		time.Sleep(time.Second)
		m.remember(key, reason.Private) // there was another run, which may have stored
		if known.holds() {
			t.Error("it holds although there was another run")
		}
		known = lookedUp()
		time.Sleep(memoryTime)
		if known.holds() {
			t.Error("it holds although its time is over")
		}
	})
}

// The reason why a response was not stored is remembered with its key.
func TestTheReasonIsRememberedWithAResponse(t *testing.T) {
	var m negativeCache
	for why := range reason.Reason(len(reason.Texts)) {
		m.remember(keyOf("key"), why)
		m.rememberAbsent(keyOf("key"))
		if known := m.lookup(keyOf("key")); !known.isAbsent() || known.why() != why {
			t.Errorf("absent %v, because %q, want %q", known.isAbsent(), known.why(), why)
		}
	}
}

// That a response could not be shared is remembered for longer than the reason why it was not
// stored.
func TestThatAResponseCouldNotBeSharedIsKnownForLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m negativeCache
		key := keyOf("key")
		want := func(when string, passes, unshared bool) {
			t.Helper()
			if p, u := m.lookup(key).isRemembered(), m.wasUnshared(key); p != passes || u != unshared {
				t.Errorf("%s: passes %v, unshared %v", when, p, u)
			}
		}
		want("before", false, false)
		m.remember(key, reason.Private)
		want("private", true, true)
		time.Sleep(memoryTime)
		want("private, a while ago", false, true)
		time.Sleep(unsharedTime - memoryTime)
		want("private, long ago", false, false)
		m.rememberStale(key)
		want("stale", false, true)
		m.forget(keyOf("other"))
		want("stale, another shared", false, true)
		m.forget(key)
		want("shared", false, false)
	})
}

// What is remembered of requests with credentials is not applied to requests without, and the
// reverse.
func TestWhatIdentifiedClientsGetSaysNothingOfOthers(t *testing.T) {
	var m negativeCache
	anonymous, user := memoryKey{[]byte("key"), false}, memoryKey{[]byte("key"), true}
	m.remember(user, reason.Private)
	if m.lookup(anonymous).isRemembered() || !m.lookup(user).isRemembered() {
		t.Error("the response to a user is remembered for those who are not known")
	}
	m.remember(anonymous, reason.Status)
	m.forget(user)
	if !m.lookup(anonymous).isRemembered() || m.lookup(user).isRemembered() {
		t.Error("the response to a user is forgotten for those who are not known")
	}
}
