// Package engine answers requests from the cache of pages: those of net/http by a Handler
// (handler), those of frameworks by an Engine (framework). A request flow is one request on its
// way: what is stored is found and classified (requestflow, settle, decision), sent (respond),
// or made by a run of the handler (run, runheader, recorder, finish), which streams it to all waiting
// clients (live, lead, follow). What was a hit a moment ago is served on a fast path (fastpath,
// memoizedhit).
package engine
