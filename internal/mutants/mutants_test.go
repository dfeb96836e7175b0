package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// packages have options: types of functions that change something, by what their test is
// called, which has a subtest for each option.
var packages = []struct {
	dir   string
	tests map[string]string
}{
	{"../../middleware", map[string]string{"PageOption": "TestEachOptionHasItsEffect", "LifecycleOption": "TestEachLifecycleOptionHasItsEffect"}},
	{"../../fragment", map[string]string{"Option": "TestEachOptionHasItsEffect"}},
}

// A test that passes whether or not the option does anything would let a mutant survive.
// Each package is built once, with all mutants in it; a variable of the environment says
// which one lives.
func TestTheTestOfEachOptionFailsIfTheOptionDoesNothing(t *testing.T) {
	for _, p := range packages {
		t.Run(filepath.Base(p.dir), func(t *testing.T) {
			mutants, overlay := mutate(t, p.dir, p.tests)
			program := filepath.Join(t.TempDir(), "mutants.test")
			build := exec.Command("go", "test", "-c", "-o", program, "-overlay", overlay, ".")
			build.Dir = p.dir
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if out, err := run(t, p.dir, program, "HasItsEffect$", ""); err != nil {
				t.Fatalf("the tests fail without a mutant: %v: %s", err, out)
			}
			for option, test := range mutants {
				out, err := run(t, p.dir, program, "^"+test+"$/^"+option+"$", option)
				if err == nil || !bytes.Contains(out, []byte("--- FAIL: "+test+"/"+option)) {
					t.Errorf("%s survives: %v: %s", option, err, out)
				}
			}
			t.Logf("%d mutants", len(mutants))
		})
	}
}

// variable of the environment names the option that does nothing.
const variable = "LARDER_MUTANT"

// run runs some tests while an option does nothing.
func run(t *testing.T, dir, program, tests, option string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, "-test.run", tests)
	c.Dir = dir
	c.Env = append(os.Environ(), variable+"="+option)
	return c.CombinedOutput()
}

// mutate writes copies of a package's files in which each option may do nothing, and an
// overlay for the go command. It returns the test of each option.
func mutate(t *testing.T, dir string, tests map[string]string) (mutants map[string]string, overlay string) {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	mutants = make(map[string]string)
	replaced := make(map[string]string)
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	configs := configurations(parsed, tests)
	for _, file := range parsed {
		path := files.Position(file.Package).Filename
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if changed := change(files, file, text, configs, func(option, result string) { mutants[option] = tests[result] }); changed != nil {
			replaced[path] = write(t, filepath.Base(path), changed)
		}
	}
	helper := fmt.Sprintf("package %s\n\nimport \"os\"\n\nfunc isMutant(option string) bool { return os.Getenv(%q) == option }\n", parsed[0].Name, variable)
	replaced[filepath.Join(dir, "mutants.go")] = write(t, "mutants.go", []byte(helper))
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	return mutants, write(t, "overlay.json", text)
}

// configurations returns what the functions of each type of option take.
func configurations(files []*ast.File, tests map[string]string) map[string]string {
	takes := make(map[string]string)
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || tests[spec.Name.Name] == "" {
				return true
			}
			takes[spec.Name.Name] = types.ExprString(spec.Type.(*ast.FuncType).Params.List[0].Type)
			return true
		})
	}
	return takes
}

// change returns the text of a file with a mutant of each option in it, or nil if it has
// no options.
func change(files *token.FileSet, file *ast.File, text []byte, takes map[string]string, found func(option, result string)) []byte {
	var changed []byte
	last := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
			continue
		}
		result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
		if !ok || takes[result.Name] == "" {
			continue
		}
		found(f.Name.Name, result.Name)
		at := files.Position(f.Body.Lbrace).Offset + 1
		changed = append(changed, text[last:at]...)
		changed = fmt.Appendf(changed, " if isMutant(%q) { return func(%s) {} };", f.Name.Name, takes[result.Name])
		last = at
	}
	if changed == nil {
		return nil
	}
	return append(changed, text[last:]...)
}

// write writes a file for the test and returns its path.
func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
