package main

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
)

// casesOf returns the rules of the cases of a suite: composite literals with a name and a
// rule, or, in the suite for adapters, with the rule alone.
func casesOf(parsed *ast.File, file string) ([]rule, error) {
	var rules []rule
	var err error
	ast.Inspect(parsed, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if isListOf(literal, "caseOf") {
			rules = append(rules, unnamedCases(literal, file)...)
			return false
		}
		name, says := stringField(literal, "name"), stringField(literal, "rule")
		if name == "" || says == "" {
			return true
		}
		text, sources, problem := parseComment(says)
		if problem != nil && err == nil {
			err = fmt.Errorf("%s: %s: %w", file, name, problem)
		}
		rules = append(rules, rule{text, name, file, sources})
		return true
	})
	return rules, err
}

// isListOf reports whether a literal is a slice whose elements have a type of this name.
func isListOf(literal *ast.CompositeLit, name string) bool {
	list, ok := literal.Type.(*ast.ArrayType)
	if !ok {
		return false
	}
	of, ok := list.Elt.(*ast.Ident)
	return ok && of.Name == name
}

// unnamedCases returns the rules of a list of cases that begin with their rule. They are
// named for their file.
func unnamedCases(list *ast.CompositeLit, file string) []rule {
	var rules []rule
	for _, element := range list.Elts {
		literal, ok := element.(*ast.CompositeLit)
		if !ok || len(literal.Elts) == 0 {
			continue
		}
		if text := constantString(literal.Elts[0]); text != "" {
			rules = append(rules, rule{text: asSentence(text), test: strings.TrimSuffix(path.Base(file), ".go"), file: file})
		}
	}
	return rules
}

// asSentence returns a text with a capital at its beginning and a full stop at its end.
func asSentence(text string) string {
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}
