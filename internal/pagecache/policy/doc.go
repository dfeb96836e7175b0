// Package policy decides by the fields of a request and of a response, and by the options
// of a cache of pages, what the cache may do: whose a request is, which key its page has,
// what the handler gets to see of it, and whether a response may be stored, for how long
// and for whom. It knows nothing of stores, of runs or of what is stored.
package policy
