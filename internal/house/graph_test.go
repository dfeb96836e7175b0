package house

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/larder-go/larder"
	root   = "../.." // of the repository
)

// pkg is what go list tells about a package. Imports are those of its files
// that are not tests.
type pkg struct {
	ImportPath string
	Name       string
	Doc        string   // the first sentence of the package comment
	GoFiles    []string // without tests
	Imports    []string
	Standard   bool
	Module     *origin
}

// origin is the module that a package is from.
type origin struct{ Path string }

// graph is the packages of the module and all that they link, by import path.
type graph map[string]pkg

// load asks go list. The platform is fixed, so that the answer is the same on
// every machine.
func load(t *testing.T) graph {
	t.Helper()
	watch(t)
	g := make(graph)
	for _, p := range goList[pkg](t, "ImportPath,Name,Doc,GoFiles,Imports,Standard,Module", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=") {
		if _, ours := inModule(p.ImportPath); ours && len(p.GoFiles) == 0 {
			continue // a folder of tests is not a package that anybody imports
		}
		g[p.ImportPath] = p
	}
	return g
}

// goList asks go list for these fields of the packages of the module and of all that they
// link, each after its imports.
func goList[T any](t *testing.T, fields string, environment ...string) (packages []T) {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-json="+fields, "./...")
	list.Dir = root
	list.Env = append(append(os.Environ(), "CGO_ENABLED=0"), environment...)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p T
		err := dec.Decode(&p)
		if err == io.EOF {
			return packages
		}
		if err != nil {
			t.Fatalf("the output of go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// watch looks at every directory. What go list reads, the cache of go test does
// not know of; what the test itself looks at, it does, and runs the test again
// when a file has changed.
func watch(t *testing.T) {
	err := filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if d != nil && d.Name() == ".git" {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ours returns the packages of the module by their paths in it, in order.
func (g graph) ours() []string {
	var paths []string
	for _, importPath := range slices.Sorted(maps.Keys(g)) {
		if path, ok := inModule(importPath); ok {
			paths = append(paths, path)
		}
	}
	return paths
}

// inModule returns the path in the module of an import path, if it is there.
func inModule(importPath string) (path string, ok bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// chains returns, for every package that is linked into the one at path, the
// import paths by which it is reached, the package itself last.
func (g graph) chains(path string) map[string][]string {
	start := module + "/" + path
	chains := map[string][]string{start: {path}}
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]].Imports {
			if _, seen := chains[next]; !seen {
				chains[next] = append(slices.Clone(chains[queue[0]]), next)
				queue = append(queue, next)
			}
		}
	}
	return chains
}

// matches reports whether path is the pattern, or under it if that ends in
// "/...".
func matches(pattern, path string) bool {
	parent, open := strings.CutSuffix(pattern, "/...")
	return path == parent || open && strings.HasPrefix(path, parent+"/")
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}
