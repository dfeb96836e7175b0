// Package reason has the reasons for which a response does not come from the cache of pages
// or does not go into it, with what a user reads of each.
package reason
