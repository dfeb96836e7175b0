package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/race"
)

// oldestGo is the Go release that go.mod asks for.
const oldestGo = "go1.25.0"

// systems are those that larder runs on beside the one of the tests, and the oldest Go
// release, whose library lacks what newer ones have.
var systems = []struct{ os, arch, toolchain string }{
	{"darwin", "arm64", ""},
	{"windows", "amd64", ""},
	{"linux", "386", ""}, // an int has 32 bits
	{"linux", "amd64", oldestGo},
}

// The packages are not compiled but type-checked from source, with all that they import:
// that takes seconds instead of minutes, and finds what is missing on a system just as well.
// With the race detector, which has nothing to find here and takes a minute, it is one system.
func TestLarderIsWholeOnEachSystem(t *testing.T) {
	for _, s := range systems {
		if race.Enabled && s.os != "windows" {
			continue // make house checks all
		}
		t.Run(strings.TrimSpace(fmt.Sprint(s.os, " ", s.arch, " ", s.toolchain)), func(t *testing.T) {
			t.Parallel()
			environment := []string{"GOOS=" + s.os, "GOARCH=" + s.arch}
			if s.toolchain != "" {
				environment = append(environment, "GOTOOLCHAIN="+s.toolchain)
			}
			c := newChecker(s.arch)
			for _, p := range goList[source](t, "ImportPath,Dir,GoFiles,ImportMap,DepOnly", environment...) {
				if err := c.check(p); err != nil {
					t.Fatal(err)
				}
			}
			if c.done[module+"/cache"] == nil {
				t.Error("package cache has not been checked")
			}
		})
	}
}

func TestTheCheckOfSystemsFindsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("uses.go", "package a\n\nimport \"b\"\n\nvar V = b.F()\n")
	write("unix.go", "package b\n\nfunc F() int { return 1 }\n")
	write("none.go", "package b\n")
	write("wide.go", "package b\n\nfunc F() int { return 1 << 40 }\n")
	for want, files := range map[string][]string{"undefined: b.F": {"none.go"}, "overflows": {"wide.go"}, "": {"unix.go"}} {
		c := newChecker("386")
		err := c.check(source{ImportPath: "b", Dir: dir, GoFiles: files})
		if err == nil {
			err = c.check(source{ImportPath: "a", Dir: dir, GoFiles: []string{"uses.go"}})
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// source is what go list tells about the files of a package.
type source struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	ImportMap  map[string]string // of what Go's library has vendored
	DepOnly    bool
}

// checker type-checks packages for a system.
type checker struct {
	fset  *token.FileSet
	sizes types.Sizes
	done  map[string]*types.Package // by import path
}

func newChecker(arch string) *checker {
	return &checker{token.NewFileSet(), types.SizesFor("gc", arch), make(map[string]*types.Package)}
}

// check checks a package whose imports have been checked.
func (c *checker) check(p source) error {
	files := make([]*ast.File, 0, len(p.GoFiles))
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	config := types.Config{Importer: imports{c, p}, Sizes: c.sizes, IgnoreFuncBodies: p.DepOnly}
	pkg, err := config.Check(p.ImportPath, c.fset, files, nil)
	c.done[p.ImportPath] = pkg
	return err
}

// imports finds the packages that one imports among those that have been checked.
type imports struct {
	c *checker
	p source
}

func (i imports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if mapped, ok := i.p.ImportMap[path]; ok {
		path = mapped
	}
	if pkg := i.c.done[path]; pkg != nil {
		return pkg, nil
	}
	return nil, fmt.Errorf("%s imports %s, which go list does not name before it", i.p.ImportPath, path)
}
