package cachetest

import (
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// Ability is a set of optional interfaces of package driver, each a bit that bears the
// interface's name.
type Ability uint32

// The optional interfaces of package driver that the suite checks: all except
// Inspector, Namespacer and Prober.
const (
	Many Ability = 1 << iota
	Counter
	Replacer
	Peeker
	Expirer
	Sharer
	KeyChecker
	Native
	Sessions
	Async
	Verifier
	HeadReplacer
	Replicated
	Invalidator

	// What follows is not declared as an ability but found in the other fields
	// of a Harness. Cases ask for these in the same way.
	keeping
	discarding
	fakeClock
	signedCounter
	reopening
	damaging
	limited
	several
	storeHooks
	leases
	tagging
	sharing
)

// abilities gives each bit its name and, for an optional interface, the test
// for it.
var abilities = []struct {
	bit         Ability
	name        string
	implemented func(driver.Store) bool
}{
	{Many, "Many", implements[driver.Many]},
	{Counter, "Counter", implements[driver.Counter]},
	{Replacer, "Replacer", implements[driver.Replacer]},
	{Peeker, "Peeker", implements[driver.Peeker]},
	{Expirer, "Expirer", implements[driver.Expirer]},
	{Sharer, "Sharer", implements[driver.Sharer]},
	{KeyChecker, "KeyChecker", implements[driver.KeyChecker]},
	{Native, "Native", implements[driver.Native]},
	{Sessions, "Sessions", implements[driver.Sessions]},
	{Async, "Async", implements[driver.Async]},
	{Verifier, "Verifier", implements[driver.Verifier]},
	{HeadReplacer, "HeadReplacer", implements[driver.HeadReplacer]},
	{Replicated, "Replicated", implements[driver.Replicated]},
	{Invalidator, "Invalidator", implements[driver.Invalidator]},
	{keeping, "a store that keeps entries", nil},
	{discarding, "a store that discards entries", nil},
	{fakeClock, "a fake clock", nil},
	{signedCounter, "a counter with a sign", nil},
	{reopening, "Harness.Reopen", nil},
	{damaging, "Harness.Damage", nil},
	{limited, "Harness.MaxValueSize", nil},
	{several, "Harness.PartDown", nil},
	{storeHooks, "Harness.StoreHooks", nil},
	{leases, "a store that processes share and that can replace", nil},
	{tagging, "a store that can keep tags", nil},
	{sharing, "a store that processes share", nil},
}

func implements[T any](store driver.Store) bool {
	_, ok := store.(T)
	return ok
}

// String returns the names of the set, separated by commas.
func (a Ability) String() string {
	var names []string
	for _, known := range abilities {
		if a&known.bit != 0 {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ", ")
}

// traits returns the declared abilities and what the other fields of h say.
func (h Harness) traits() Ability {
	traits := h.Abilities
	for _, t := range []struct {
		bit Ability
		has bool
	}{
		{keeping, !h.Discards},
		{discarding, h.Discards},
		{fakeClock, h.FakeClock},
		{signedCounter, !h.UnsignedCounter},
		{reopening, h.Reopen != nil},
		{damaging, h.Damage != nil},
		{limited, h.MaxValueSize > 0},
		{several, h.PartDown != nil},
		{storeHooks, h.StoreHooks},
		{leases, h.hasLeases()},
		{tagging, h.hasTags()},
		{sharing, h.Abilities&Native == 0},
	} {
		if t.has {
			traits |= t.bit
		}
	}
	return traits
}

var abilityCases = []storeCase{{
	name: "abilities/as-declared",
	rule: "The abilities that a harness declares are those that the store has.",
	run: func(p *probe) {
		for _, a := range abilities {
			if a.implemented == nil {
				continue
			}
			declared := p.h.Abilities&a.bit != 0
			switch has := a.implemented(p.store); {
			case declared && !has:
				p.Errorf("%s is declared but missing", a.name)
			case has && !declared:
				p.Errorf("%s is implemented but not declared, so nothing tests it", a.name)
			}
		}
	},
}}
