package driver

// StoreHook is an optional interface of native values, see [Native]: a store calls
// it when it stores the value and when it removes it. The holder of such a value knows
// without a lookup whether a lookup would find it. The page cache answers repeated
// requests that way.
//
// A store may ignore hooks; one that calls OnStored calls OnRemoved, too. A value
// that is stored under two keys, or twice under one, has two calls of OnStored, and
// one of OnRemoved for each.
//
// The store calls both methods from many goroutines and may hold locks meanwhile:
// they must be short, and must not call the store.
//
// A store over another one that can hide an entry without removing it, by an epoch
// in its keys or by a level of its own in front, must keep hooks from the inner
// store, or call OnRemoved for what it hides.
type StoreHook interface {
	// OnStored is called before the value can be found.
	OnStored()

	// OnRemoved is called when the value can no longer be found, whatever the
	// reason: deletion, replacement, eviction. It is called before the operation
	// that is the reason returns. There are two exceptions: for an expired entry it
	// is called at some later time, and for the entries that a store holds at its
	// Shutdown it is not called.
	OnRemoved()
}
