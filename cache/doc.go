// Package cache keeps computed values in named caches over exchangeable
// backends: memory, files, Redis, Memcached, PostgreSQL.
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
// # Timeouts
//
// A [Timeout] has four states: omitted, which is the alias's own and 300
// seconds unless settings say otherwise; [Never]; and, by [After], a positive
// duration, or one of zero or less, which stores nothing and deletes what was
// there. Of the places where one can be given, the call wins over the view and
// the view over the settings: put into the settings what holds for the alias,
// and into the view what holds for one kind of value.
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
// Values passed in are copied and values returned are the caller's, unless he
// asks to share with [Shared] or [Native]. All types are safe for concurrent
// use unless they say otherwise.
package cache
