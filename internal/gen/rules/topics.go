package main

import (
	"path"
	"strings"
)

// topic is a heading of the page with the files whose rules stand below it.
type topic struct {
	heading string
	files   []string // patterns of path.Match, below the root and without _test.go
}

// topics are the headings in the order of the page. A file belongs to the first topic with a
// pattern that matches it; files of other packages are not listed.
var topics = []topic{
	{"Storing", []string{
		"middleware/storing_*", "middleware/storing", "middleware/unusual_status", "middleware/answer", "middleware/put_back", "middleware/removal",
		"internal/rfc9111/storable", "internal/rfc9111/status", "internal/rfc9111/fields",
	}},
	{"Keys and Vary", []string{
		"middleware/request*", "middleware/host_alias", "middleware/memorykey", "middleware/*_key", "middleware/key_*", "middleware/variants", "middleware/varyon",
		"middleware/newest", "middleware/opaque", "middleware/route_*", "middleware/wire_target", "internal/keys/*", "internal/uri/*", "internal/rfc9111/vary",
		"internal/rfc9111/normalize", "internal/rfc9111/encoding", "internal/pagecache/engine/collision", "internal/pagecache/page/variants*", "middleware/validate_vary",
	}},
	{"Freshness", []string{
		"middleware/browsers", "middleware/freshness*", "internal/rfc9111/age", "internal/rfc9111/date", "internal/rfc9111/delta", "internal/rfc9111/freshness",
		"internal/rfc9111/directives", "internal/rfc9111/merge", "internal/rfc9111/reuse", "internal/rfc9111/structured", "internal/rfc9111/targeted",
	}},
	{"Validation", []string{
		"middleware/validate_*", "middleware/condition*", "middleware/head_stop", "internal/rfc9111/precondition", "internal/rfc9111/update",
	}},
	{"Ranges", []string{"middleware/range*", "internal/rfc9111/ranges"}},
	{"Invalidation", []string{
		"middleware/purge_*", "middleware/*_purge", "middleware/release", "internal/rfc9111/invalidate", "internal/pagecache/purge/*",
	}},
	{"Privacy and credentials", []string{
		"middleware/private*", "middleware/credentials", "middleware/declared", "middleware/undeclared", "middleware/hidden", "middleware/outer*", "middleware/nested",
		"middleware/pagetest/*", "middleware/audit", "internal/audit/*", "internal/rfc9111/share",
	}},
	{"Coalescing", []string{
		"middleware/coalesce*", "middleware/wait", "middleware/lease", "internal/pagecache/engine/*", "internal/flight/*",
	}},
	{"Streaming", []string{
		"middleware/stream*", "middleware/flush", "middleware/inflight", "middleware/wire_*", "middleware/decorated", "internal/pagecache/stream/*",
	}},
	{"Stale pages, refreshes and errors", []string{
		"middleware/stale_*", "middleware/refresh_*", "middleware/unresponsive", "middleware/storage*", "middleware/damage", "middleware/published_faults",
		"middleware/faithful", "internal/pagecache/page/*", "internal/envelope/*",
	}},
	{"The fast path of hits, and costs", []string{
		"middleware/fast_path*", "middleware/alloc", "middleware/cost", "middleware/unscoped", "internal/rfc9111/alloc", "internal/rfc9111/cost",
	}},
	{"Options and header decorators", []string{
		"middleware/decorators*", "middleware/cachecontrol", "middleware/patch", "middleware/checkoptions", "middleware/option*", "middleware/alias", "internal/pagecache/policy/*",
	}},
	{"What responses and explanations say", []string{
		"middleware/cache_status", "middleware/explain", "middleware/reason*", "middleware/count", "internal/pagecache/reason/*",
	}},
	{"Lifecycle and signals", []string{
		"middleware/lifecycle*", "middleware/engine", "middleware/backend", "internal/pagecache/lifecycle/*", "signals/*",
	}},
	{"The cache API", []string{"cache/*", "cache/codec/*"}},
	{"Fragments", []string{"fragment/*"}},
	{"Every cache and every backend", []string{"cache/cachetest/*", "internal/acceptance/*"}},
	{"Backends", []string{"backends/*/*", "cache/driver/*"}},
	{"Adapters", []string{"adapters/*/*", "internal/adaptertest/*"}},
}

// topicOf returns the heading of the topic of a file, or "" if its rules are not listed.
func topicOf(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(file, ".go"), "_test")
	for _, t := range topics {
		for _, pattern := range t.files {
			if matches, _ := path.Match(pattern, name); matches {
				return t.heading
			}
		}
	}
	return ""
}
