// Package driver defines what a cache backend implements: the small [Store]
// contract, the optional abilities beside it, and the [Backend] that opens a
// store from settings. The comment of each method is the specification, and
// package cachetest checks it sentence by sentence.
//
// Programs use package cache; only backends and their tests import this one. It depends on
// the standard library alone, and no net/http type appears in it.
//
// # Ownership of bytes
//
// Keys and values passed to a store belong to the caller. The store may read
// them until the call returns and must copy what it keeps: the caller reuses
// the memory for the next key. This holds for calls that end early too: a
// method that returns because its context ended leaves no goroutine behind
// that still reads them, and none that applies its write later.
//
// Bytes that a store returns are read-only for both sides from then on. The
// store never changes them, and neither does the core. A store that returns
// memory which it also keeps implements [Sharer], and the core copies before
// it hands anything to a caller that has not asked to share.
//
// # Keys
//
// A key is the final key, made by the core from prefix, version and the
// caller's key. It is opaque, never empty, and may hold any byte, NUL and
// invalid UTF-8 included. A store that cannot hold some keys implements
// [KeyChecker].
//
// # Values
//
// A value is opaque bytes of any length, zero included, with one exception: a
// decimal integer in the form of [AppendInteger] is one that a [Counter] can
// increment. The core stores every Go integer so.
//
// # Timeouts
//
// A ttl is relative to now and always greater than zero; [Never] means that
// the entry does not expire. A store rounds a ttl that is finer than its clock
// up, never down to zero. An entry is expired when the store's now is equal to
// or after its expiry. An in-process store may read a coarse clock, at most
// [MaxClockLag] behind; a store on a server uses the server's clock.
//
// # Errors
//
// Drivers return the sentinel errors of this package, or the raw error of the
// client they use. They wrap nothing for context: the core wraps once, with
// operation, alias and key. A miss is [ErrNotFound]. An entry that the store
// itself finds damaged is [ErrCorrupt], from every method that has to read it;
// Set overwrites it. A context that ended gives an error
// that matches ctx.Err(). After Shutdown every method returns [ErrClosed]. Where
// several errors apply, any of them may be returned.
//
// # Concurrency
//
// Every method may be called from many goroutines at once.
package driver
