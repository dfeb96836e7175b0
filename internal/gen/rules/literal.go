package main

import (
	"go/ast"
	"go/token"
	"strconv"
)

// stringField returns the value of a field of a composite literal that is a constant string,
// or "".
func stringField(literal *ast.CompositeLit, field string) string {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); ok && key.Name == field {
			return constantString(pair.Value)
		}
	}
	return ""
}

// constantString returns the value of a string literal, or of several that are added, or "".
func constantString(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text
		}
	case *ast.BinaryExpr:
		left, right := constantString(e.X), constantString(e.Y)
		if left != "" && right != "" {
			return left + right
		}
	}
	return ""
}
