// Package redisstore keeps cache entries in Redis: a [driver.Store] over
// github.com/redis/go-redis for one server, a primary with replicas, a primary
// that Sentinels watch, or a cluster.
//
// A program imports it for its side effect, which registers the backends
// "redis", "rediss", "redis+sentinel", "redis+cluster", "redis+unix" and "unix", and
// names the server in its settings; see [Backend] for the rest of the URL:
//
//	import _ "github.com/larder-go/larder/backends/redisstore"
//
//	redis://:secret@cache.internal:6379/0?pool_size=20&timeout=5m
//
// # Stored data
//
// An entry is a string under the final key, as it is, with the expiry of the
// server, in milliseconds; a ttl is rounded up to one. There is nothing else:
// several programs may share a database as long as their prefixes differ. What
// is under a key of the store and is no string, such as a list that another
// program put there, is [driver.ErrCorrupt].
//
// # Round trips
//
// Every operation is one round trip to the server, on a cluster one to each node
// that has some of the keys. There are five exceptions, all rare: a script that the
// server has not seen since it started takes another round trip, so does Peek of a
// value of no bytes, a read whose replica failed goes to the primary after it, a
// cluster may redirect an operation while it moves slots, and Clear takes as many
// round trips as there are steps.
//
// # Contexts
//
// The deadline of a context bounds the wait for a connection and for the reply.
// A context that is cancelled without a deadline ends an operation that has not
// been sent; one that has been sent waits for its reply, for ReadTimeout at
// most. With the option Pipeline a call returns as soon as its context ends.
//
// When an operation ends with an error of the network or of its context, the
// server may have carried it out, and even do so a moment later.
//
// # Replicas
//
// Reads go to replicas only if Replicas names them. ReadYourWrites is how long a
// program reads from the primary the keys that it wrote. The writes of others may be
// missing for as long as the replica lags. Get-or-set and the other operations that
// write go by what the primary has.
//
// # Asynchronous operations and shared pipelines
//
// Operations of the asynchronous form that start during one round trip are sent
// together in the next. It needs no goroutine for each operation, and none while
// nothing is under way. The option Pipeline does the same for synchronous
// operations other than those on many keys.
package redisstore
