package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// optionPackages return options to programs. Those of middleware and fragment also have a
// test of the effect of each, and a mutant, see internal/mutants.
var optionPackages = []string{"middleware", "fragment", "adapters/gincache", "adapters/echocache", "adapters/echo5cache"}

// isOption matches the types of options.
var isOption = regexp.MustCompile(`^(\w+\.)?(Page|Lifecycle)?Option$`)

func TestATestNamesEachOption(t *testing.T) {
	watch(t)
	for _, dir := range optionPackages {
		tests := textOfTests(t, filepath.Join(root, dir))
		for _, file := range parseDir(t, filepath.Join(root, dir)) {
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil || !isOption.MatchString(typeName(f.Type.Results.List[0].Type)) {
					continue
				}
				if call := filepath.Base(dir) + "." + f.Name.Name + "("; !strings.Contains(tests, call) && !strings.Contains(tests, "\t"+f.Name.Name+"(") {
					t.Errorf("no test of %s calls the option %s", dir, f.Name.Name)
				}
			}
		}
	}
}

// typeName returns an identifier, or a selector such as middleware.PageOption.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return ""
}

// parseDir parses the files of a package that are not tests.
func parseDir(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	for _, path := range glob(t, dir) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// textOfTests returns the text of a package's tests.
func textOfTests(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, path := range glob(t, dir) {
		if strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
	}
	return b.String()
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has no files: %v", dir, err)
	}
	return paths
}

// The log of a request is that of its caches' handler. slog.Default is only for what
// belongs to none.
func TestMiddlewareLogsNowhereElse(t *testing.T) {
	watch(t)
	for _, dir := range optionPackages {
		for _, file := range parseDir(t, filepath.Join(root, dir)) {
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && logs.MatchString(typeName(s)) {
					t.Errorf("package %s calls %s; use the logger of the cache.Handler", file.Name, typeName(s))
				}
				return true
			})
		}
	}
}

var logs = regexp.MustCompile(`^slog\.((Debug|Info|Warn|Error)(Context)?|Log(Attrs)?|Default)$|^log\.`)
