// Package cache keeps computed values in named caches over exchangeable
// backends, which are in packages of their own.
//
// A [Handler] holds the caches of a program, built from [Settings]. Each is a
// [BaseCache], which gives every backend the same operations: keys with prefix
// and version, timeouts, encoding, get-or-set. [For] gives a typed view of a
// cache, which is what most code uses:
//
//	caches, err := cache.NewHandler(cache.Settings{
//		"default": {Backend: "memory"},
//	})
//	...
//	users := cache.For[User](caches.Proxy("default"))
//	user, err := users.GetOrSet(ctx, "user:42", loadUser, cache.After(time.Minute))
//
// In a web program, package middleware puts a [Scope] in each request's
// context, and [From] finds the request's caches there. [Default] is the
// "default" cache of the handler given to [SetDefault].
//
// Settings are optional at first: while no default is set, a program that imports
// the memory backend has an implied one, alias "default" in at most 64 MiB of memory.
//
// # Get a cache
//
// In a request, [From] gives the request's cache of an alias, and [Default] and
// [ProxyTo] give proxies that find it at each operation, which can be kept in
// package variables. [Handler.Proxy] is the same for a handler that is not the
// program's default. [Handler.Cache] is for work outside of requests, since
// nothing closes it but [Handler.Shutdown].
//
// Two aliases with the same location, prefix and version are one cache with two
// names: give each a prefix or a location of its own.
//
// # Timeouts
//
// A [Timeout] has four states: omitted, which is the alias's own and 300
// seconds unless settings say otherwise; [Never]; and, by [After], a positive
// duration, or one of zero or less, which stores nothing and deletes the entry.
// The timeout of a call wins over that of the view, and the view's over that of
// the settings: put the timeout of the alias into the settings, and that of one
// kind of value into the view.
//
// # Errors
//
// A miss is not an error for the operations that read: they report it beside
// the error. Every error of an operation is an [*Error] that carries operation,
// alias and key around one of the sentinel errors of this package or the
// backend's own error; match with errors.Is and errors.As.
//
// # Ownership and concurrency
//
// Values passed in are copied and values returned are the caller's, unless it
// asks to share them with [Shared] or [Native]. All types are safe for concurrent
// use unless they say otherwise.
package cache
