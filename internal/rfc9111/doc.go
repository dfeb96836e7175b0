// Package rfc9111 has the rules of HTTP caching as pure functions, for a shared
// cache: one concern a file, each rule with its section. It knows nothing of
// stores, handlers or the order in which rules are asked, and never looks at
// the clock: where a rule needs the time, the caller passes it.
//
// What a response says is parsed when it is stored, into [Freshness],
// [Validators] and the bytes of [AppendSelecting]; a hit only compares numbers
// and bytes. All types are values without locks: they may be read concurrently,
// and what a function is given stays the caller's.
//
// Without another number, sections are those of RFC 9111:
//
//	age.go           4.2.3, 5.1      how old a response is
//	conditional.go   4.3.1, 4.3.2    conditions to ask with; fields of a 304 (RFC 9110, 15.4.5)
//	control.go       4.2.1           which directives count for this cache
//	date.go                          dates (RFC 9110, 5.6.7 and 6.6.1)
//	delta.go         1.2.2           numbers of seconds
//	directive.go     5.2             the syntax of directives
//	directives.go    5.2.2           directives of responses, with RFC 5861 and RFC 8246
//	encoding.go                      content codings (RFC 9110, 8.4.1 and 12.5.3)
//	etag.go                          entity tags and how they compare (RFC 9110, 8.8.3)
//	fields.go        3.1             fields that are not stored; lists of names
//	freshness.go     4.2.1, 4.2.2    how long a response is fresh
//	invalidate.go    4.4             what a successful change makes invalid
//	language.go      4.1             languages of requests (RFC 9110, 12.5.4)
//	merge.go         5.2.2           adding to the directives of a response
//	methods.go                       safe methods (RFC 9110, 9.2.1)
//	normalize.go     4.1             forms of a field that mean the same
//	partial.go       3.4             Content-Range; which parts belong together
//	precondition.go  4.3.2           conditions of clients (RFC 9110, 13)
//	ranges.go                        ranges of bytes (RFC 9110, 14)
//	requestdirectives.go 5.2.1, 5.4  directives of requests, and Pragma
//	reuse.go         4, 4.2.4        fresh, stale and allowed, to be validated, or 504
//	share.go         3.5             responses to requests with credentials
//	status.go                        status codes (RFC 9110, 15; RFC 6585; RFC 7725)
//	storable.go      3               whether a response may be stored
//	structured.go                    dictionaries and lists (RFC 9651, 4.2)
//	structureditem.go                their values (RFC 9651, 4.2.3.1)
//	targeted.go                      targeted fields (RFC 9213)
//	update.go        3.2, 4.3.4, 4.3.5  how a 304 or HEAD freshens what is stored
//	vary.go          4.1             which requests a response was selected by
package rfc9111
