package driver

// Tenant is a native value that wants to know whether a store has it, so that
// whoever still holds it can tell, without a look-up, that a look-up would find
// it. A store that implements [Native] may leave its tenants alone; if it calls
// one of the methods, it calls both.
//
// A value that is stored under two keys, or twice, enters twice. Both methods are
// called by many goroutines and while the store holds locks: they must be short,
// and must not call the store.
//
// A store over another that can hide an entry without removing it, by an epoch in
// its keys or by a level of its own in front, must not hand tenants on, or has to
// call Left for what it hides.
type Tenant interface {
	// Entered is called before the value can be found.
	Entered()

	// Left is called when the value cannot be found any more, whatever the reason:
	// deletion, replacement, eviction. It is called before the operation that is the
	// reason returns; but for an entry whose time has run out, at some time
	// afterwards, and for one that the store holds when it is shut down, never.
	Left()
}
