package driver

import (
	"context"
	"time"
)

// The interfaces in this file are optional. The core looks for each once, when
// it is built over a store, and has a default form or ErrUnsupported where a
// store lacks one. What the comment of [Store] and the package comment say
// holds for these methods too.

// Many is implemented by a store that handles many keys in one round trip (or
// one for each server). Empty input never reaches a store. Keys may repeat.
//
// A store of several servers of which some are down does what the others can, and
// tells exactly which keys failed: GetMany and DeleteMany by a [*PartialError],
// SetMany by errs. Any other error says that the whole operation failed. A change
// that failed otherwise than with [ErrTooLarge] may have been made or not. Where the
// context ends meanwhile, the keys without an answer fail with its error.
type Many interface {
	// GetMany returns one value for each key, in the order of keys; nil stands
	// for a key that is not there, so a stored value of zero length is
	// returned as an empty slice that is not nil. A damaged entry is returned
	// as nil, and so is a native one, see [Native]. With a [*PartialError] the
	// values of the keys that did not fail are there, and those of the others are
	// nil.
	GetMany(ctx context.Context, keys [][]byte) (values [][]byte, err error)

	// SetMany stores all items with the same ttl. If only some failed, errs has
	// one element for each item, nil for those stored; errs is nil when all
	// were. Of items with equal keys the last wins.
	SetMany(ctx context.Context, items []Item, ttl time.Duration) (errs []error, err error)

	// DeleteMany removes the entries under keys.
	DeleteMany(ctx context.Context, keys [][]byte) error
}

// Item is a key with its value.
type Item struct {
	Key, Value []byte
}

// Counter is implemented by a store that can add to an integer atomically.
type Counter interface {
	// Incr adds delta, which may be negative, to the integer stored under key
	// in the form of [AppendInteger] and returns the new value. It keeps the
	// expiry. It is atomic, between processes too. A missing or expired key is
	// ErrNotFound; any other value is ErrNotInteger, and a result outside of
	// int64 is ErrOverflow: both leave the entry as it was.
	Incr(ctx context.Context, key []byte, delta int64) (int64, error)
}

// Replacer is implemented by a store that can replace an entry on condition
// that it has not changed.
type Replacer interface {
	// Replace stores value under key if what is stored there is equal to old,
	// and reports whether it did. It is atomic. A native entry, see [Native],
	// is equal to no bytes.
	Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error)
}

// HeadReplacer is implemented by a [Replacer] that can compare the head of a value
// for less than the whole: the old value then need not be sent to the server. The
// core calls it for its own entries, whose heads are unique.
type HeadReplacer interface {
	// ReplaceHead stores value under key if the first [HeadSize] bytes of what is
	// stored there are head, which has that length, and reports whether it did. It
	// is atomic. A shorter value and a native entry have no such head.
	ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (replaced bool, err error)
}

// Peeker is implemented by a store that can return the head of a value for
// less than the whole.
type Peeker interface {
	// Peek returns the head of the value under key, or ErrNotFound.
	Peek(ctx context.Context, key []byte) (head []byte, err error)
}

// Expirer is implemented by a store that can tell when an entry expires.
type Expirer interface {
	// TTL returns how long the entry under key has left, or [Never], or
	// ErrNotFound.
	TTL(ctx context.Context, key []byte) (time.Duration, error)
}

// Sharer is implemented by a store whose methods return memory that the store
// keeps, rather than a fresh copy.
type Sharer interface {
	// SharesMemory reports whether returned bytes are the store's own. The
	// answer never changes.
	SharesMemory() bool
}

// Verifier is implemented by a store that makes sure by itself that what it
// returns is what was stored, so that the core need not: it has a checksum of
// its own, and damage is [ErrCorrupt]. The values of a store that is neither a
// Verifier nor [Native] have a checksum of the core's, which it verifies at each
// read of a whole value.
type Verifier interface {
	// VerifiesValues reports whether the store verifies every value that it
	// returns whole. The answer never changes, not between processes and
	// releases either: a value that was stored while it was true has no checksum
	// of the core's.
	VerifiesValues() bool
}

// KeyChecker is implemented by a store that cannot hold every key.
type KeyChecker interface {
	// CheckKey returns an error that matches ErrInvalidKey and says what is
	// wrong if the store cannot hold key. It does no I/O. The core calls it
	// before every operation; the store checks again.
	CheckKey(key []byte) error
}

// Native is implemented by an in-process store that can keep Go values as they
// are. Such a value is shared by all who read it and must never change. The
// entries of the byte methods and of these are in one key space: each method
// of Store works on both, but the head and the value of a native entry are
// nil for the methods that return bytes. Incr of a native entry is
// ErrNotInteger.
type Native interface {
	// GetNative returns the entry under key in whichever form it was stored:
	// value is the bytes, or native is the Go value and isNative is true. A
	// native []byte may come back in either: as native, or, so that no box has
	// to be kept for it, as value with isNative true and native nil. A missing
	// key is ErrNotFound.
	GetNative(ctx context.Context, key []byte) (value []byte, native any, isNative bool, err error)

	// SetNative is Set for a Go value. size is the number of bytes that the
	// value accounts for where the store is bounded by bytes.
	SetNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error

	// AddNative is Add for a Go value.
	AddNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (added bool, err error)

	// NativeByDefault reports whether the store was opened with the option to
	// keep all values of its alias natively, not only those for which the
	// caller asks. The answer never changes.
	NativeByDefault() bool

	// BoundedByBytes reports whether the store needs the size of a native
	// value. The answer never changes.
	BoundedByBytes() bool
}

// Namespacer is implemented by a store that has to know the namespace of a key
// at every operation, because it clears a namespace by changing an epoch that
// is a part of its keys and not by looking for them. Such a store can clear
// the entries of any KeyFunc.
type Namespacer interface {
	// In returns the store for the keys of ns. It shares everything with the
	// one that it came from, and has the same abilities; the core calls it
	// once for each alias, and Shutdown only on the store itself.
	In(ns Namespace) Store
}

// Replicated is implemented by a store some of whose reads may be answered by replicas, which
// lag behind their primary. Whoever has to know what is there now, as loads do, asks the
// primary.
type Replicated interface {
	// Primary returns a store of the same entries whose reads are answered by the primary
	// alone. It shares everything with the one that it came from and has the same abilities;
	// the core calls Shutdown on the other only. It returns the store itself if all of its
	// reads are such. An error says that there is no such store and why: then loads take no
	// leases, and entries can have no tags.
	Primary() (Store, error)
}

// Sessions is implemented by a store that gives each request something of its
// own: a pinned connection, buffered writes.
type Sessions interface {
	// OpenSession returns a store for the use of one request. The core calls
	// it at the request's first operation, and its Shutdown when the request
	// ends; that ends the session and never the store it came from.
	OpenSession(ctx context.Context) (Store, error)
}

// Async is implemented by a store that keeps many operations in flight without
// a goroutine for each, for instance by pipelining.
type Async interface {
	// Start begins op and returns without waiting for the backend. It calls
	// done exactly once, from any goroutine, and possibly before it returns.
	// The bytes of op are the store's until then; done must not block. When
	// ctx ends before op was sent, op is not sent.
	Start(ctx context.Context, op Op, done func(Result))
}

// Op is one operation for [Async].
type Op struct {
	Kind  OpKind
	Key   []byte
	Value []byte        // for OpSet and OpAdd
	TTL   time.Duration // for OpSet, OpAdd and OpTouch
	Delta int64         // for OpIncr
}

// OpKind says which method of [Store] or [Counter] an [Op] stands for.
type OpKind uint8

// The kinds of operation.
const (
	OpGet OpKind = iota + 1
	OpSet
	OpAdd
	OpTouch
	OpDelete
	OpIncr
)

// Result is what the method that an [Op] stands for would have returned.
type Result struct {
	Value []byte // the value of OpGet; the head of OpAdd, OpTouch and OpDelete
	OK    bool   // whether OpAdd added or OpDelete deleted
	N     int64  // the new value of OpIncr
	Err   error
}

// Prober is implemented by a store that asks no server when it is opened. The core
// calls it where a program wants to know whether its caches are there.
type Prober interface {
	// Probe returns nil if a server of the store answers: a program may start while
	// some of several are down. The error names each that does not.
	Probe(ctx context.Context) error
}

// Inspector is implemented by a store that can describe the servers or the directory that
// it keeps entries in. It is for the command larder and for health checks, and may be slow.
type Inspector interface {
	// Inspect asks each server of the store, in the order of the settings. One
	// that does not answer has an Err, and the others are still reported; the error of
	// Inspect itself means that none could be asked.
	Inspect(ctx context.Context) ([]Inspection, error)
}

// Inspection is what is known of one server, or of a directory.
type Inspection struct {
	Where   string        // the address or the path, never a password
	Product string        // name and version, "Redis 7.2.4"; empty if unknown
	Latency time.Duration // of one round trip; zero without a server
	Figures []Figure
	Err     error // why the server cannot be used
}

// Figure is one number of an [Inspection].
type Figure struct {
	Name  string // "entries", "memory", "hits"
	Of    string // what is counted: "server", "database 0": seldom one alias alone
	Value int64
	Unit  string // "bytes", or empty for a number of things
}
