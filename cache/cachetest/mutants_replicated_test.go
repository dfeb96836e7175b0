package cachetest_test

import "github.com/larder-go/larder/cache/driver"

var replicatedMutants = []mutant{{
	how:   "Primary returns a store of its own",
	fails: []string{"replicated/primary"},
	bend: func(b *bent) {
		other := newMemory(nil)
		b.primary = func() (driver.Store, error) { return other, nil }
	},
}, {
	how:   "Primary refuses",
	fails: []string{"replicated/primary"},
	bend: func(b *bent) {
		b.primary = func() (driver.Store, error) { return nil, driver.ErrUnsupported }
	},
}}
