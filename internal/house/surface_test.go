package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A function that takes or returns a type of internal/ is of no use to a program: what only
// this module can call belongs under internal/ itself.
func TestNoPublicFunctionTakesOrReturnsAnInternalType(t *testing.T) {
	for _, dir := range load(t).ours() {
		if matchesAny(private, dir) {
			continue
		}
		for _, file := range parseDir(t, filepath.Join(root, dir)) {
			for _, name := range functionsOfInternalTypes(file) {
				t.Errorf("%s.%s has an internal type in its signature", dir, name)
			}
		}
	}
}

// functionsOfInternalTypes returns the names of the exported functions and methods of a file
// whose signature has a type from a package under internal/.
func functionsOfInternalTypes(file *ast.File) (names []string) {
	internal := internalImports(file)
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !f.Name.IsExported() || f.Recv != nil && !isExportedReceiver(f.Recv) {
			continue
		}
		found := false
		ast.Inspect(f.Type, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				name, isName := s.X.(*ast.Ident)
				found = found || isName && internal[name.Name]
			}
			return true
		})
		if found {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// internalImports returns the names that packages under internal/ have in a file.
func internalImports(file *ast.File) map[string]bool {
	names := make(map[string]bool)
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if !strings.HasPrefix(imported, module+"/internal/") {
			continue
		}
		if spec.Name != nil {
			names[spec.Name.Name] = true
		} else {
			names[path.Base(imported)] = true
		}
	}
	return names
}

func isExportedReceiver(receiver *ast.FieldList) bool {
	exported := false
	ast.Inspect(receiver.List[0].Type, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && name.IsExported() {
			exported = true
		}
		return true
	})
	return exported
}

func TestAnInternalTypeInASignatureIsFound(t *testing.T) {
	tests := map[string]bool{
		"func F(x engine.T) {}":        true,
		"func F() (*e.T, error)":       true,
		"func F(f func() []engine.T)":  true,
		"func (t *T) F(x engine.T) {}": true,
		"func (t *t) F(x engine.T) {}": false,
		"func f(x engine.T) {}":        false,
		"func F() { engine.T() }":      false,
		"func F(x cache.T) {}":         false,
		"type F func(x engine.T)":      false, // its values are made by functions of the package
	}
	for declaration, want := range tests {
		text := "package p\n\nimport (\n\t\"" + module + "/internal/engine\"\n\te \"" + module + "/internal/other\"\n\t\"" + module + "/cache\"\n)\n\n" + declaration + "\n"
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(functionsOfInternalTypes(file)) > 0; got != want {
			t.Errorf("%s: found is %v, want %v", declaration, got, want)
		}
	}
}
