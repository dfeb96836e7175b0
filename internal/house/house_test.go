package house

import (
	"slices"
	"strings"
	"testing"
)

func TestTheHouseHasItsShape(t *testing.T) {
	for _, problem := range problems(load(t)) {
		t.Error(problem)
	}
}

// newGraph returns a graph of packages, each given as its path in the module
// or, for others, its import path, with what it imports. The first two elements
// of a third party's path are its module.
func newGraph(imports map[string][]string) graph {
	g := make(graph)
	for path, imported := range imports {
		p := newPackage(path)
		for _, other := range imported {
			q := newPackage(other)
			p.Imports = append(p.Imports, q.ImportPath)
			if _, known := g[q.ImportPath]; !known {
				g[q.ImportPath] = q
			}
		}
		g[p.ImportPath] = p
	}
	return g
}

var topLevel = []string{"adapters", "attic", "backends", "cache", "cmd", "examples", "internal", "middleware", "signals"}

func newPackage(path string) pkg {
	elements := strings.Split(path, "/")
	name := elements[len(elements)-1]
	p := pkg{ImportPath: path, Name: name, Doc: "Package " + name + " is a fake."}
	switch {
	case slices.Contains(topLevel, elements[0]):
		p.ImportPath, p.Module = module+"/"+path, &origin{module}
	case strings.Contains(elements[0], "."):
		p.Module = &origin{strings.Join(elements[:2], "/")}
	default:
		p.Standard = true
	}
	return p
}

func TestARightHouseHasNoProblems(t *testing.T) {
	g := newGraph(map[string][]string{
		"cache/driver":        {"context"},
		"signals":             {"context"},
		"internal/flight":     {"sync", "internal/clock", "cache/driver"},
		"cache/codec":         {"github.com/fxamacker/cbor/v2"},
		"cache":               {"cache/driver", "cache/codec", "signals", "internal/flight"},
		"cache/cachetest":     {"testing", "cache", "cache/driver", "pgregory.net/rapid"},
		"backends/redisstore": {"cache/driver", "internal/flight", "github.com/redis/go-redis/v9"},
		"middleware":          {"net/http", "cache", "cache/driver", "signals", "internal/flight"},
		"adapters/gincache":   {"middleware", "cache", "signals", "github.com/gin-gonic/gin"},
		"cmd/larder":          {"cache", "backends/redisstore"},
	})
	for _, problem := range problems(g) {
		t.Error(problem)
	}
}

func TestEachMistakeIsFound(t *testing.T) {
	tests := []struct {
		name    string
		imports map[string][]string
		want    []string
	}{
		{"the driver imports the cache", map[string][]string{"cache/driver": {"cache"}},
			[]string{"cache/driver imports cache: of ours it may import nothing"}},
		{"the driver imports a third party", map[string][]string{"cache/driver": {"github.com/zeebo/xxh3"}},
			[]string{"cache/driver imports github.com/zeebo/xxh3: it may import the standard library alone"}},
		{"signals import something of ours", map[string][]string{"signals": {"internal/clock"}},
			[]string{"signals imports internal/clock: of ours it may import internal/listeners"}},
		{"the cache imports a backend", map[string][]string{"cache": {"backends/memstore"}},
			[]string{"cache imports backends/memstore: of ours it may import cache/driver, cache/codec, signals, internal/..."}},
		{"the cache imports middleware", map[string][]string{"cache": {"middleware"}},
			[]string{"cache imports middleware: of ours it may import cache/driver, cache/codec, signals, internal/..."}},
		{"a backend imports the cache", map[string][]string{"backends/memstore": {"cache"}},
			[]string{"backends/memstore imports cache: of ours it may import cache/driver, internal/..."}},
		{"a backend imports another", map[string][]string{"backends/memstore": {"backends/filestore"}},
			[]string{"backends/memstore imports backends/filestore: of ours it may import cache/driver, internal/..."}},
		{"middleware imports a backend", map[string][]string{"middleware": {"backends/memstore"}},
			[]string{"middleware imports backends/memstore: of ours it may import cache, cache/driver, cache/codec, signals, internal/..."}},
		{"an adapter imports a backend", map[string][]string{"adapters/gincache": {"backends/memstore"}},
			[]string{"adapters/gincache imports backends/memstore: of ours it may import middleware, cache, cache/driver, signals, internal/..."}},
		{"an adapter imports another", map[string][]string{"adapters/gincache": {"adapters/echocache"}},
			[]string{"adapters/gincache imports adapters/echocache: of ours it may import middleware, cache, cache/driver, signals, internal/..."}},
		{"an internal package imports the cache", map[string][]string{"internal/flight": {"cache"}},
			[]string{"internal/flight imports cache: of ours it may import cache/driver, internal/..."}},
		{"an adapter goes around the public names of the cache", map[string][]string{"adapters/gincache": {"internal/hooks"}},
			[]string{"adapters/gincache imports internal/hooks, which is for internal/pagecache/... only"}},
		{"a program links the suite", map[string][]string{"cmd/larder": {"cache/cachetest"}},
			[]string{"cmd/larder imports cache/cachetest, which is for test files only"}},
		{"a package without a place", map[string][]string{"attic": {"context"}},
			[]string{"attic has no line in directions (internal/house/rules_test.go): add one that says what it may import"}},
		{"the cache links a client by others", map[string][]string{"cache": {"internal/a"}, "internal/a": {"example.com/b"}, "example.com/b": {"github.com/redis/go-redis/v9"}},
			[]string{"cache links github.com/redis/go-redis/v9 (cache > " + module + "/internal/a > example.com/b > github.com/redis/go-redis/v9): who uses one backend or framework must not get the others"}},
		{"middleware links a framework", map[string][]string{"middleware": {"github.com/labstack/echo/v4"}},
			[]string{"middleware links github.com/labstack/echo/v4 (middleware > github.com/labstack/echo/v4): who uses one backend or framework must not get the others"}},
		{"signals link testing", map[string][]string{"signals": {"testing/synctest"}},
			[]string{"signals links testing/synctest (signals > testing/synctest): tests are no part of a program"}},
		{"the driver links metrics", map[string][]string{"cache/driver": {"expvar"}},
			[]string{"cache/driver links expvar (cache/driver > expvar): metrics and tracing attach by signals"}},
		{"the driver knows HTTP", map[string][]string{"cache/driver": {"net/http"}},
			[]string{"cache/driver links net/http (cache/driver > net/http): a store knows nothing of HTTP"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := problems(newGraph(test.imports)); !slices.Equal(got, test.want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestAPackageWithoutACommentIsFound(t *testing.T) {
	tests := []struct {
		name, doc string
		wrong     bool
	}{
		{"cache", "Package cache keeps values.", false},
		{"cache", "", true},
		{"cache", "Package store keeps values.", true},
		{"main", "Command larder does it.", false},
		{"main", "", true},
	}
	for _, test := range tests {
		g := graph{module + "/cache": {ImportPath: module + "/cache", Name: test.name, Doc: test.doc}}
		got := problems(g)
		if wrong := len(got) == 1 && got[0] == module+"/cache has no package comment that says what it is"; wrong != test.wrong || len(got) > 1 {
			t.Errorf("package %s with the comment %q: found %q", test.name, test.doc, got)
		}
	}
}

func TestPatternsMatchWholePathElements(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          bool
	}{
		{"cache", "cache", true},
		{"cache", "cache/driver", false},
		{"cache/...", "cache", true},
		{"cache/...", "cache/driver", true},
		{"cache/...", "cached", false},
	}
	for _, test := range tests {
		if matches(test.pattern, test.path) != test.want {
			t.Errorf("matches(%q, %q) is not %v", test.pattern, test.path, test.want)
		}
	}
}
