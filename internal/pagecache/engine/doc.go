// Package engine answers requests from the cache of pages. An exchange is one request on its
// way: what is stored is found and judged (exchange, settle, verdict), sent (respond), or
// made by a run of the handler (run, recorder, conclude), which streams it to all who wait
// (live, lead, follow). What was a hit a moment ago goes by a shorter way (hot).
package engine
