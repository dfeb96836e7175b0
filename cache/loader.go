package cache

import "context"

// Loader computes a value that is not in the cache.
//
// When several callers in this process ask for a key at the same time, one loader runs for
// all of them. Its context has the values of the first caller's context, no deadline, and a
// [Scope] of its own if the first caller had one, and is cancelled when the last caller has
// left. A panic reaches all callers as a [*PanicError], runtime.Goexit as ErrGoexit.
//
// On a store that processes share, one loader runs for the callers in all of them: the others
// wait for its value, see [LeaseWait]. If a process dies while it loads, or gives the load up,
// another one loads.
//
// If any process changes or deletes the key while it is loaded, the loaded value is not stored;
// if there is another value by then, callers get that. Callers that ask after the change, or
// after a tag of the value was invalidated, do not get what was loaded before. Between
// processes this holds if all of them are of a release with leases, and the store can replace on
// condition ([driver.Replacer]), answers when the load begins, and does not lose what it has
// acknowledged.
//
// For a second after a load that has failed, or whose value was not to be stored, callers in
// other processes do not wait for the next one, but load for themselves.
type Loader interface {
	Load(ctx context.Context) (Loaded, error)
}

// LoaderFunc is a function as a [Loader].
type LoaderFunc func(ctx context.Context) (Loaded, error)

// Load calls f.
func (f LoaderFunc) Load(ctx context.Context) (Loaded, error) { return f(ctx) }

// Loaded is what a [Loader] returns.
type Loaded struct {
	// Value is for all callers that wait. The first caller gets it as it is, the
	// others a copy that was encoded and decoded. With [Native] on a memory store all
	// callers share it. Nil is a value.
	Value any

	// Timeout of the entry; if it is zero, that of the call applies.
	Timeout Timeout

	// Tags are tags of the entry besides those of the call, see [Tags]. If one of them may have
	// been invalidated since the load began, the value is returned and not stored.
	Tags []string

	// NoStore returns the value to the callers and does not store it.
	NoStore bool

	// Private returns the value only to the caller that started the load. It is
	// not stored, and the other callers get ErrNotShared at once.
	Private bool
}
