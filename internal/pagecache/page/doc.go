// Package page has what is stored under the keys of pages, and its form as bytes: a
// response, an index of the variants of a URL, a tombstone of what was purged, and the
// list of purges by prefix.
package page
