// Package cachetest is the conformance suite of cache backends, this module's
// and those of others. A backend's test describes its store in a [Harness] and
// runs the suite over it; each case carries the sentence of package driver
// that it checks, and prints it when the store breaks it.
//
//	func TestConformance(t *testing.T) {
//		h := cachetest.Harness{
//			New: func(tb testing.TB, clock driver.Clock) driver.Store {
//				return mystore.New(mystore.Options{Clock: clock})
//			},
//			FakeClock: true,
//			Abilities: cachetest.Many | cachetest.Counter,
//		}
//		cachetest.RunStore(t, h)
//		cachetest.ModelStore(t, h)
//	}
//
// Only test files import it: it links package testing and a library for
// property tests. It starts goroutines but leaves none behind; whether the
// store does is for the store's own tests to find out.
package cachetest
