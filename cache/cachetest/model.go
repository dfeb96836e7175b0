package cachetest

import (
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// model is what a store is held against: the contract as a map, for one
// goroutine, with nothing done for speed.
type model struct {
	clock   driver.Clock
	entries map[string]modelEntry
}

// modelEntry is a value of either form with its expiry; the zero time stands
// for never.
type modelEntry struct {
	value    string
	native   any
	isNative bool
	expiry   time.Time
}

// live returns the entry under key if it is there and has not expired.
func (m *model) live(key string) (modelEntry, bool) {
	entry, ok := m.entries[key]
	if !ok || !entry.expiry.IsZero() && !m.clock.Now().Before(entry.expiry) {
		return modelEntry{}, false
	}
	return entry, true
}

// put stores entry with a new expiry.
func (m *model) put(key string, entry modelEntry, ttl time.Duration) {
	entry.expiry = time.Time{}
	if ttl != driver.Never {
		entry.expiry = m.clock.Now().Add(ttl)
	}
	m.entries[key] = entry
}

// add is put if nothing is there, and reports whether it was not.
func (m *model) add(key string, entry modelEntry, ttl time.Duration) bool {
	_, found := m.live(key)
	if !found {
		m.put(key, entry, ttl)
	}
	return !found
}

// touch reports whether there is an entry to give the ttl to.
func (m *model) touch(key string, ttl time.Duration) bool {
	entry, found := m.live(key)
	if found {
		m.put(key, entry, ttl)
	}
	return found
}

// delete reports whether there was an entry.
func (m *model) delete(key string) bool {
	_, found := m.live(key)
	delete(m.entries, key)
	return found
}

func (m *model) clear(ns driver.Namespace) {
	for key := range m.entries {
		if ns.Contains([]byte(key)) {
			delete(m.entries, key)
		}
	}
}

func (m *model) incr(key string, delta int64) (int64, error) {
	entry, found := m.live(key)
	if !found {
		return 0, driver.ErrNotFound
	}
	n, ok := driver.ParseInteger([]byte(entry.value))
	if !ok || entry.isNative {
		return 0, driver.ErrNotInteger
	}
	sum, overflow := driver.AddIntegers(n, delta)
	if overflow {
		return 0, driver.ErrOverflow
	}
	entry.value = string(driver.AppendInteger(nil, sum))
	m.entries[key] = entry
	return sum, nil
}

func (m *model) replace(key, old, value string, ttl time.Duration) bool {
	entry, found := m.live(key)
	if !found || entry.isNative || entry.value != old {
		return false
	}
	m.put(key, modelEntry{value: value}, ttl)
	return true
}

// ttl returns what is left of an entry that is there.
func (m *model) ttl(entry modelEntry) time.Duration {
	if entry.expiry.IsZero() {
		return driver.Never
	}
	return entry.expiry.Sub(m.clock.Now())
}
