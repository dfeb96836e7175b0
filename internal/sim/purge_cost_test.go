package sim

import (
	"fmt"
	"strings"
	"testing"
)

// The sizes in bytes that the two ways of purging a prefix are weighed with: a hash, a version
// or a number has 8.
const (
	implicitTag = 3 * 8  // in an entry: the hash of the prefix, its version, and that of soft purges
	tagRecord   = 4 * 8  // read at a hit: both versions, and the count with its random bytes
	countOfLoad = 2 * 8  // in an entry: the count of its look-up, with the random bytes of its making
	logLine     = 2 * 8  // the hash of a prefix, and the number of its purge
	logLines    = 64     // before the oldest is dropped
	crawled     = 10_000 // URLs that a crawler asks for
)

// prefixes are those above a page: "/" and each folder, but not the page itself.
func prefixes(path string) (above []string) {
	for i, r := range path {
		if r == '/' {
			above = append(above, path[:i+1])
		}
	}
	return above
}

// With an implicit tag for each path segment an entry grows with its depth, each page is
// validated again when anything was invalidated, and a crawler makes a record with each folder
// that it thinks of. With a log the entry has a count, a process reads the log when the count
// has moved, for all pages together, and a crawler makes nothing.
func TestALogOfPurgesCostsLessThanImplicitTags(t *testing.T) {
	for _, path := range []string{"/", "/about", "/shop/shoes/7", "/a/b/c/d/e/f/g/h"} {
		depth := len(prefixes(path))
		t.Logf("%-18s implicit tags: %3d bytes in the entry, %3d read by each page when the count has moved; log: %d bytes, and %d read for all pages",
			path, depth*implicitTag, depth*tagRecord, countOfLoad, logLines*logLine)
		if depth*implicitTag <= countOfLoad {
			t.Errorf("%s: implicit tags are the smaller", path)
		}
	}
	records := make(map[string]bool)
	for i := range crawled {
		for _, prefix := range prefixes(fmt.Sprintf("/search/%d/page", i)) {
			records[strings.ToLower(prefix)] = true
		}
	}
	t.Logf("%d URLs of a crawler: implicit tags make %d records; the log none", crawled, len(records))
	if len(records) < crawled {
		t.Errorf("a crawler makes %d records with %d URLs", len(records), crawled)
	}
}
