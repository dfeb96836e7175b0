package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// libraries are the internal packages that others are made of. What they export is for
// those others, and what only tests call is not needed.
var libraries = []string{"internal/rfc9111", "internal/keys", "internal/envelope", "internal/flight", "internal/inflight", "internal/membudget", "internal/funcname"}

func TestEveryExportedFunctionOfALibraryIsCalled(t *testing.T) {
	watch(t)
	declared := make(map[string]string) // functions and methods, and where
	for _, dir := range libraries {
		for _, file := range parseDir(t, filepath.Join(root, dir)) {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && !isOfInterface[f.Name.Name] {
					declared[f.Name.Name] = dir
				}
			}
		}
	}
	forEachFile(t, func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl: // its own name is no call
				if n.Body != nil {
					ast.Inspect(n.Body, func(n ast.Node) bool {
						if id, ok := n.(*ast.Ident); ok {
							delete(declared, id.Name)
						}
						return true
					})
				}
				return false
			case *ast.Ident:
				delete(declared, n.Name)
			}
			return true
		})
	})
	for name, dir := range declared {
		t.Errorf("%s of %s is called by tests only", name, dir)
	}
}

// isOfInterface are methods that the standard library calls.
var isOfInterface = map[string]bool{"String": true, "Error": true, "Unwrap": true}

// forEachFile parses the files of the repository that are not tests.
func forEachFile(t *testing.T, visit func(*ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			visit(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
