// Package respwriter has what the cache of pages needs of a response beside its body: the
// ResponseWriter by which a decorator changes a response just before its header goes out,
// what a handler has done to the header of outer middleware, and how header fields, bodies
// and reports are written.
package respwriter
