package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// drawn finds the states in a drawing of a state machine, and what leads to them.
var (
	drawnState  = regexp.MustCompile(`\b(?:mode|handler|ended)[A-Z]\w*`)
	drawnMethod = regexp.MustCompile(`[─├└┬] (\w+)(?:, (\w+))? [─►]`)
	drawnFlow   = regexp.MustCompile(`(?m)^\t ?[├└]? ?(\w+) {3}`)
)

// The drawings of state machines have all the states and methods that the code has, and no
// others.
func TestDrawingsOfStatesMatchTheCode(t *testing.T) {
	declared, methods, drawings := parse(t)
	var states, calls []string
	flow := false
	for _, text := range drawings {
		states = append(states, drawnState.FindAllString(text, -1)...)
		for _, m := range drawnMethod.FindAllStringSubmatch(text, -1) {
			calls = append(calls, m[1:]...)
		}
		if strings.HasPrefix(text, "requestFlow ") {
			for _, m := range drawnFlow.FindAllStringSubmatch(text, -1) {
				calls, flow = append(calls, m[1]), true
			}
		}
	}
	for _, name := range declared {
		if drawnState.MatchString(name) && !slices.Contains(states, name) {
			t.Errorf("no drawing has the state %s", name)
		}
	}
	for _, name := range states {
		if !slices.Contains(declared, name) {
			t.Errorf("a drawing has the state %s, which is not declared", name)
		}
	}
	for _, name := range calls {
		if name != "" && !slices.Contains(methods, name) {
			t.Errorf("a drawing has %s, which is not a method", name)
		}
	}
	if !flow || len(states) < 14 || len(calls) < 16 {
		t.Errorf("the drawings were not found: %d states, %d methods", len(states), len(calls))
	}
}

// parse returns the names of types and constants, those of methods, and the comments that
// are drawings.
func parse(t *testing.T) (declared, methods, drawings []string) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Comments {
			if text := c.Text(); strings.ContainsAny(text, "►├") {
				drawings = append(drawings, text)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				declared = append(declared, n.Name.Name)
			case *ast.ValueSpec:
				for _, id := range n.Names {
					declared = append(declared, id.Name)
				}
			case *ast.FuncDecl:
				methods = append(methods, n.Name.Name)
			}
			return true
		})
	}
	return declared, methods, drawings
}
