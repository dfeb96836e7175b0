package house

import (
	"fmt"
	"slices"
	"strings"
)

type direction struct {
	packages string
	may      []string
	only     bool // and nothing of third parties
}

// directions says which packages of the module each of them may import. The
// first that matches counts. A package that none matches is a problem: whoever
// adds it decides what it may import.
var directions = []direction{
	{packages: "cache/driver", only: true},
	{packages: "signals", may: []string{"internal/listeners"}, only: true},
	{packages: "cache/codec", may: []string{"internal/..."}},
	{packages: "cache/cachetest", may: []string{"cache/...", "signals", "internal/..."}},
	{packages: "cache", may: []string{"cache/driver", "cache/codec", "signals", "internal/..."}},
	{packages: "backends/...", may: []string{"cache/driver", "internal/..."}},
	{packages: "middleware/pagetest", may: []string{"internal/..."}}, // it knows pages by their answers
	{packages: "middleware", may: []string{"cache", "cache/driver", "cache/codec", "signals", "internal/..."}},
	{packages: "fragment", may: []string{"cache", "internal/..."}},
	{packages: "adapters/...", may: []string{"middleware", "cache", "cache/driver", "signals", "internal/..."}},
	// The packages of the cache of pages: each may import those above it in this list, as named.
	{packages: "internal/pagecache/reason", only: true},
	{packages: "internal/pagecache/stream", only: true},
	{packages: "internal/pagecache/respwriter", may: []string{"internal/rfc9111"}},
	{packages: "internal/pagecache/policy", may: pagePackages("cache", "internal/hooks", "reason", "respwriter")},
	{packages: "internal/pagecache/page", may: pagePackages("cache", "cache/codec", "cache/driver", "policy", "respwriter")},
	{packages: "internal/pagecache/purge", may: pagePackages("cache", "internal/hooks", "page", "policy")},
	{packages: "internal/pagecache/engine", may: pagePackages("cache", "internal/fill", "internal/hooks", "internal/membudget", "reason", "stream", "respwriter", "policy", "page", "purge")},
	{packages: "internal/pagecache/lifecycle", may: append(pagePackages("cache", "engine"), "internal/hooks", "internal/listeners", "signals")},
	// What package cache does for the cache of pages alone: hooks names its types, fill cannot.
	{packages: "internal/hooks", may: []string{"cache", "internal/fill"}},
	{packages: "internal/fill", may: []string{"internal/flight", "internal/membudget"}},
	{packages: "internal/membudget", only: true},
	{packages: "internal/listeners", only: true}, // the same for package signals
	{packages: "internal/adaptertest", may: []string{"middleware", "cache", "signals", "internal/..."}},
	{packages: "internal/allbackends", may: []string{"backends/..."}},
	{packages: "internal/testbackends", may: []string{"backends/...", "cache", "internal/allbackends", "internal/testserver"}}, // for tests
	{packages: "internal/...", may: []string{"cache/driver", "internal/..."}},
	{packages: "cmd/...", may: everything},
	{packages: "examples/...", may: everything},
	{packages: "conformance", only: true}, // it knows the proxy by its command line
}

// pagePackages are the packages of ours that one of the cache of pages may import: what is named,
// and the internal ones that know nothing of pages.
func pagePackages(names ...string) (may []string) {
	for _, name := range names {
		if !strings.HasPrefix(name, "cache") && !strings.HasPrefix(name, "internal/") {
			name = "internal/pagecache/" + name
		}
		may = append(may, name)
	}
	return append(may, "internal/rfc9111", "internal/keys", "internal/uri", "internal/explain", "internal/identity")
}

var everything = []string{"cache/...", "signals", "backends/...", "middleware", "fragment", "adapters/...", "internal/..."}

// forTestsOnly are packages that only test files import, and one another.
var forTestsOnly = []string{"cache/cachetest", "middleware/pagetest", "internal/testserver", "internal/testbackends", "internal/adaptertest", "internal/sim"}

// importers are the only packages that may import what would lead others around the public
// names of packages cache and signals, or link the clients of all backends.
var importers = map[string][]string{
	"internal/allbackends": {"cmd/larder", "internal/testbackends"},

	"internal/listeners": {"signals", "internal/pagecache/lifecycle"},

	"internal/fill":  {"cache", "fragment", "internal/hooks", "internal/pagecache/..."},
	"internal/hooks": {"internal/pagecache/..."},
}

// links says what must not be linked into packages that every program has,
// directly or by others.
var links = []struct {
	packages []string
	never    []string
	because  string
}{
	{
		packages: []string{"cache", "cache/driver", "cache/codec", "middleware", "fragment", "signals"},
		never: []string{
			"github.com/gin-gonic/gin/...", "github.com/labstack/echo/...",
			"github.com/redis/...", "github.com/bradfitz/gomemcache/...", "github.com/jackc/...",
		},
		because: "who uses one backend or framework must not get the others",
	},
	{
		packages: []string{"cache", "cache/driver", "cache/codec", "middleware", "fragment", "signals"},
		never: []string{
			"testing/...", "net/http/httptest", "pgregory.net/rapid/...", "go.uber.org/goleak/...",
			"github.com/google/go-cmp/...", "github.com/stretchr/testify/...",
		},
		because: "tests are no part of a program",
	},
	{
		packages: []string{"cache", "cache/driver", "cache/codec", "middleware", "fragment", "signals"},
		never:    []string{"expvar", "github.com/prometheus/...", "go.opentelemetry.io/..."},
		because:  "metrics and tracing attach by signals",
	},
	{
		packages: []string{"cache", "cache/driver", "cache/codec", "middleware", "signals", "fragment"},
		never:    []string{"os/signal"},
		because:  "signals of the operating system are the program's",
	},
	{
		packages: []string{"cache/driver", "cache/codec"},
		never:    []string{"net/http"},
		because:  "a store knows nothing of HTTP",
	},
}

// problems returns what is wrong with the imports, links and package comments.
func problems(g graph) []string {
	var found []string
	for _, path := range g.ours() {
		found = append(found, wrongImports(g, path)...)
		found = append(found, wrongLinks(g, path)...)
		found = append(found, missingDoc(g[module+"/"+path])...)
	}
	return found
}

func wrongImports(g graph, path string) (found []string) {
	i := slices.IndexFunc(directions, func(d direction) bool { return matches(d.packages, path) })
	if i < 0 {
		return []string{fmt.Sprintf("%s has no line in directions (internal/house/rules_test.go): add one that says what it may import", path)}
	}
	for _, imported := range g[module+"/"+path].Imports {
		other, ours := inModule(imported)
		switch {
		case ours && matchesAny(forTestsOnly, other) && !matchesAny(forTestsOnly, path):
			found = append(found, fmt.Sprintf("%s imports %s, which is for test files only", path, other))
		case ours && !matchesAny(directions[i].may, other):
			found = append(found, fmt.Sprintf("%s imports %s: of ours it may import %s", path, other, allowed(directions[i].may)))
		case ours && importers[other] != nil && !matchesAny(importers[other], path):
			found = append(found, fmt.Sprintf("%s imports %s, which is for %s only", path, other, allowed(importers[other])))
		case !ours && directions[i].only && !g[imported].Standard:
			found = append(found, fmt.Sprintf("%s imports %s: it may import the standard library alone", path, imported))
		}
	}
	return found
}

func allowed(may []string) string {
	if len(may) == 0 {
		return "nothing"
	}
	return strings.Join(may, ", ")
}

func wrongLinks(g graph, path string) (found []string) {
	chains := g.chains(path)
	for _, l := range links {
		if !matchesAny(l.packages, path) {
			continue
		}
		for linked, chain := range chains {
			if matchesAny(l.never, linked) {
				found = append(found, fmt.Sprintf("%s links %s (%s): %s", path, linked, strings.Join(chain, " > "), l.because))
			}
		}
	}
	slices.Sort(found)
	return found
}

func missingDoc(p pkg) []string {
	if p.Name == "main" && p.Doc != "" || strings.HasPrefix(p.Doc, "Package "+p.Name+" ") {
		return nil
	}
	return []string{fmt.Sprintf("%s has no package comment that says what it is", p.ImportPath)}
}
