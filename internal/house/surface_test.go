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
		if mentions(f.Type, internal) {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// The documentation of an option shows the type that the option changes. A reader who cannot
// import that type cannot look it up.
func TestNoPublicFunctionTypeShowsAnInternalType(t *testing.T) {
	for _, dir := range load(t).ours() {
		if matchesAny(private, dir) {
			continue
		}
		for _, file := range parseDir(t, filepath.Join(root, dir)) {
			internal := internalImports(file)
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() && isFunctionOf(spec.Type, internal) {
					t.Errorf("%s.%s has an internal type in its signature", dir, spec.Name.Name)
				}
				return true
			})
		}
	}
}

// isFunctionOf reports whether a type is that of functions with a type of these packages in
// their signature.
func isFunctionOf(e ast.Expr, packages map[string]bool) bool {
	f, ok := e.(*ast.FuncType)
	return ok && mentions(f, packages)
}

// mentions reports whether n has a name of one of these packages.
func mentions(n ast.Node, packages map[string]bool) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			name, isName := s.X.(*ast.Ident)
			found = found || isName && packages[name.Name]
		}
		return true
	})
	return found
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
