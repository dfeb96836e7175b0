// Package memstore is the cache backend that keeps entries in the memory of the
// process, bounded by their number or by their bytes. Eviction is W-TinyLFU,
// by github.com/maypok86/otter/v2.
//
// Importing the package registers the backend "memory":
//
//	import _ "github.com/larder-go/larder/backends/memstore"
//
// Its location is only a name: aliases with one location share a store. Its
// options are
//
//   - max_entries: a number of at least 1, by default 10000
//   - max_bytes: a size such as "64MiB", instead of max_entries
//   - native: true or false, by default false
//   - clock: a driver.Clock, from Go only
//
// and mean what [Options] says.
//
// # Time
//
// An entry is expired when the store's now is equal to or after its expiry.
// While a store is read often (more than some 4 000 times a second), all reads
// share a reading of the time that is renewed every 2 ms, because asking the
// time on each Get would cost about half as much again: an entry may expire up
// to that much early or late. The reading is renewed in a goroutine, so in a
// program whose other goroutines keep every processor busy without ever
// blocking, it waits its turn with them, and then lags by tens of milliseconds.
// [Options.Clock] replaces the clock.
//
// Expired entries give back their memory within about two seconds. For that the
// store wakes the program once a second while it holds entries that expire. An
// idle program is woken by nothing else, and by nothing at all if no entry
// expires.
//
// # Optional interfaces
//
// The store has no driver.Many: an operation on a map in the same process has
// no round trip to save, and GetMany could not tell a native entry, whose
// bytes are nil, from a missing one. It has no driver.Peeker either, since its
// Get copies nothing.
package memstore
