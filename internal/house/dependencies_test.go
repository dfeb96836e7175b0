package house

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite dependencies.txt")

const golden = "dependencies.txt"

// A new dependency is a decision. This test puts it into the diff.
func TestThirdPartyModulesAreThoseOfTheGoldenList(t *testing.T) {
	got := dependencies(load(t))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the modules that are linked are not those of %s (- listed, + linked):\n%s\nIf that is meant, run go test ./internal/house -update and give the reason in docs/design/dependencies.md.", golden, diff)
	}
}

// private are the packages that no other module imports as a library.
var private = []string{"internal/...", "cmd/...", "examples/...", "conformance"}

// dependencies lists each public package with the third-party modules that it
// links, indented.
func dependencies(g graph) string {
	var b strings.Builder
	for _, path := range g.ours() {
		if matchesAny(private, path) {
			continue
		}
		b.WriteString(path + "\n")
		for _, m := range thirdParties(g, path) {
			b.WriteString("\t" + m + "\n")
		}
	}
	return b.String()
}

func thirdParties(g graph, path string) []string {
	var modules []string
	for linked := range g.chains(path) {
		if m := g[linked].Module; m != nil && m.Path != module {
			modules = append(modules, m.Path)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

func TestDependenciesAreListedOnceAndThroughOthers(t *testing.T) {
	g := newGraph(map[string][]string{
		"cache":         {"signals", "internal/a", "b.org/b/x", "b.org/b/y"},
		"internal/a":    {"c.org/c"},
		"signals":       {"context"},
		"cmd/larder":    {"d.org/d"},
		"b.org/b/y":     {"a.org/a"},
		"cache/driver":  nil,
		"examples/tiny": {"d.org/d"},
	})
	want := "cache\n\ta.org/a\n\tb.org/b\n\tc.org/c\ncache/driver\nsignals\n"
	if got := dependencies(g); got != want {
		t.Errorf("dependencies are\n%swant\n%s", got, want)
	}
}
