//go:build unix

package testbackends

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// suitesOverTheTable returns the tests that range over the table, by the path of their
// package: those that call All, Shared, or a helper by the name of onEach or onEachShared, in
// a package that imports this one.
func suitesOverTheTable(t *testing.T) map[string][]string {
	t.Helper()
	suites := make(map[string][]string)
	for _, pattern := range []string{"*", "*/*"} {
		dirs, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			if tests := testsOverTheTable(t, dir); len(tests) > 0 {
				path, err := filepath.Rel(root, dir)
				if err != nil {
					t.Fatal(err)
				}
				suites[filepath.ToSlash(path)] = tests
			}
		}
	}
	return suites
}

// testsOverTheTable returns those of the package in a folder.
func testsOverTheTable(t *testing.T, dir string) (tests []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	knowsTable := filepath.Base(dir) == "testbackends"
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		knowsTable = knowsTable || slices.ContainsFunc(parsed.Imports, func(i *ast.ImportSpec) bool {
			return i.Path.Value == `"`+module+`internal/testbackends"`
		})
		for _, declaration := range parsed.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") && rangesOverTheTable(f) {
				tests = append(tests, f.Name.Name)
			}
		}
	}
	if !knowsTable {
		return nil
	}
	return tests
}

func rangesOverTheTable(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch callee := call.Fun.(type) {
		case *ast.Ident: // All is that of this package
			found = found || slices.Contains([]string{"onEach", "onEachShared", "All"}, callee.Name)
		case *ast.SelectorExpr:
			from, ok := callee.X.(*ast.Ident)
			found = found || ok && from.Name == "testbackends" && slices.Contains([]string{"All", "Shared"}, callee.Sel.Name)
		}
		return true
	})
	return found
}
