package adaptertest

// fault is one of a published cache, for gin, echo or net/http, and the rule of the
// table that shows it not to be one of ours in any framework.
type fault struct{ what, rule string }

// faults are those that were found in such caches. Two more are about programs and
// not about answers, and have tests beside Run.
var faults = []fault{
	{"HEAD caches an empty body for GET", "HEAD is answered from what a GET would give, and never empties it"},
	{"the key has no host", "pages differ by host, path with its case and escapes, and query as it came"},
	{"the key has no method", "other methods bypass the cache, and a change invalidates the page"},
	{"the key is the path in lower case", "pages differ by host, path with its case and escapes, and query as it came"},
	{"one user gets another's page", "bob never gets alice's page"},
	{"requests with different credentials are coalesced into one answer", "alice and bob ask at the same time, and each gets a page of their own"},
	{"a coalesced 503 becomes an empty 200 for those who waited", "a 503 that others waited for is nobody's empty 200"},
	{"the first client leaves, and the others get an empty 200, a 502 or its cached error", "the first client leaves, and the others get the page"},
	{"only the last of several lines of a field is kept", "a second visitor gets the stored page"},
	{"only the last of several Set-Cookie lines is kept", "two Set-Cookie lines stay two, and are for one client"},
	{"a private response and its cookie are handed to all who wait", "a private page is nobody's who waited for it"},
	{"a refresh in the background panics and kills the process", "a panic in the background harms nobody, and the page stays"},
	{"a refresh uses the context of a request that is over", "a refresh goes on when the request that it began with is over"},
	{"the ResponseWriter hides http.Flusher", "bytes reach the client as they are flushed, and the page is stored"},
	{"the ResponseWriter loses what io.WriteString writes", "what io.WriteString writes is in the page"},
	{"concurrent misses append to one body", "concurrent misses run the handler once, and each gets one whole page"},
	{"gzip is sent to a client who cannot read it", "with compression inside, gzip never reaches who cannot read it"},
	{"gzip is sent to a client who cannot read it, though no Vary says so", "a page that is compressed without Vary is not given to who cannot read it"},
	{"a purge is of all URLs that have its path anywhere", "a purge by prefix is of whole segments"},
	{"a purge is a regular expression and takes neighbours along", "a purge of a page leaves its neighbours"},
	{"a file of any size is kept in memory", "a body over the limit goes on, and is not kept in memory"},
	{"a blank page is stored when its client has left", "all clients leave, and nothing is stored of what the handler did then"},
	{"an old page instead of an error is written behind it", "an old page stands in for a failure, by stale-if-error"},
	{"an error that a handler returns is stored as an empty 200", "an error of the handler is never stored as an empty page"},
}

// tables are all cases.
var tables = [][]caseOf{pages, privacy, together, streams, failures, stale, encodings, conditions, refreshes, purges}
