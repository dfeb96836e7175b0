package cachetest

import "testing"

// CaseNames returns the name of every case of RunStore.
func CaseNames() []string {
	var names []string
	for _, c := range storeCases() {
		names = append(names, c.name)
	}
	return names
}

// CheckCase runs the case called name, and reports whether there is one.
func CheckCase(tb testing.TB, name string, h Harness) bool {
	for _, c := range storeCases() {
		if c.name == name {
			c.check(tb, h)
			return true
		}
	}
	return false
}

// Applies reports whether the case called name would check the store of h.
func Applies(name string, h Harness) bool {
	for _, c := range storeCases() {
		if c.name == name {
			return c.needs&^h.traits() == 0
		}
	}
	return false
}

// ModelStoreOn is ModelStore that tells t of a difference.
var ModelStoreOn = modelStore
