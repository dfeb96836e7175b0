// Package memcachestore keeps cache entries on Memcached servers, through
// github.com/bradfitz/gomemcache: a [driver.Store] for the programs of many
// machines. It needs Memcached 1.5.3 or later.
//
// A program imports it for its side effect, which registers the backend
// "memcached", and names the servers in its settings:
//
//	import _ "github.com/larder-go/larder/backends/memcachestore"
//
//	memcached://10.0.0.1,10.0.0.2?max_conns=100
//
// # Several servers
//
// Keys are spread by consistent hashing, so that n servers without one of them
// keep all their own keys. Operations on the keys of a server that is down fail with
// a [*ServerError]. Its keys do not move to other servers: two programs that disagree
// about which servers are up would hold two values for one key. The many-operations do
// what the servers that are up can, and name the keys of the others.
//
// # Keys, values and timeouts
//
// Memcached takes keys of at most 250 bytes without blanks and control
// characters; others are [driver.ErrInvalidKey] before anything is sent. A
// value over the limit of the server, 1 MiB unless it was started with -I, is
// [driver.ErrTooLarge]. A timeout is rounded up to whole seconds, and the
// server's clock ticks once a second, so that an entry may go up to a second
// before its time. A timeout over 30 days is sent as an absolute time by this
// machine's clock; it ends in January 2038 at the latest.
//
// # Counting
//
// Memcached counts without a sign. Incr of what is stored gives:
//
//	0 to 2^63-1, and so is the result   the result
//	0 to 2^63-1, result below zero      0
//	0 to 2^63-1, result over 2^63-1     ErrOverflow, and the entry stays
//	a negative integer                  ErrNotInteger, and the entry stays
//	anything else                       ErrNotInteger, and the entry stays
//
// The entry is read before it is counted. If others count it up in between, a
// result over 2^63-1 is noticed only after the fact: that is ErrOverflow too,
// and the entry then holds no integer. The server pads a number that loses
// digits with blanks; they are removed when it is read, and so are those of a
// value that was stored as digits with blanks behind.
//
// # Clear
//
// Memcached cannot list keys, and flush_all, which is never sent, would empty
// the server for everybody. So each namespace has an epoch on each server, a
// number made from time and randomness that is stored under a key of its own,
// and each entry bears the epoch in its flags. Clear changes the epoch, which
// makes the entries of before dead: they are misses, and Add replaces them. If
// an epoch is evicted, a new one is made and the entries of before are lost,
// never revived. Entries that other programs put under a key are misses.
//
// A process keeps an epoch for [Options.ClearLag], by default a second, and
// asks for it in the request that it makes next. Within that time after a Clear
// by another process, this one may still find entries that were cleared, what
// it stores may count as cleared, and an Add may succeed in both. It never
// misses what others have stored since, and what it deletes or overwrites is
// gone for all, since an entry's key is the same in every epoch. The process
// that clears sees its own Clear at once. With [NoLag] all do.
//
// A store from [Store.In], as the core has one for each alias, knows its
// namespace. The Store itself finds it in the key, and where a key can be read
// in more than one way it is of each namespace that contains it, so use one or
// the other: an entry whose key can be so read is not the same for both.
//
// # Round trips
//
// To the server of the key, or to each server at once. Where an epoch has to be
// asked for, it goes into the same request with those that read; the operations
// marked * need one more then, so with NoLag always. Without NoLag, reading an
// entry that was cleared takes one more.
//
//	Get, GetMany            1
//	Set *                   1
//	Add *                   1, or 2 if an entry is there, or 4 if one was cleared
//	Touch *                 1
//	Delete                  2, or 1 if no entry is there
//	Incr, Replace           2
//	SetMany *, DeleteMany   1 for each key, 16 at a time
//	Invalidate              2 for the count, 1 for all records, 1 for each record, 16 at a time
//	Clear                   3
//
// # Contexts, connections and failures
//
// The client knows no contexts. An operation checks its own before each request
// and while it waits for a connection; a request that was sent is waited for,
// so that it is not carried out after its caller has gone on. A context that
// ends is therefore honoured within [Options.IOTimeout] for connecting, and
// again for each step of the answer. When that runs out the connection is
// closed, and the server may have carried out the request or not.
//
// No request is sent twice. The first failure of a connection that was closed
// by the server drops all idle ones to it, so that a restart costs an error
// only to the operations that meet it.
package memcachestore
