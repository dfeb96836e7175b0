package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
)

// rule is one row of the page.
type rule struct {
	text    string // "" if the test has no comment
	test    string // name of the test, or of the case of a suite
	file    string // path below the root, with slashes
	sources []source
}

// collect returns the rules of the packages that topics lists, in the order of files, and of
// tests in them.
func collect(root string) ([]rule, error) {
	var rules []rule
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file := below(root, path)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		found, err := rulesOf(path, file)
		rules = append(rules, found...)
		return err
	})
	return rules, err
}

// below returns the path below root, with slashes.
func below(root, path string) string {
	file, err := filepath.Rel(root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(file)
}

// rulesOf returns the rules of one file.
func rulesOf(path, file string) ([]rule, error) {
	isTest := strings.HasSuffix(file, "_test.go")
	if !strings.HasSuffix(file, ".go") || topicOf(file) == "" || isGenerated(file) || !isTest && !isSuite(file) {
		return nil, nil
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if !isTest {
		return casesOf(parsed, file)
	}
	return testsOf(parsed, file)
}

// testsOf returns the rules of the tests and fuzz targets of a file.
func testsOf(parsed *ast.File, file string) ([]rule, error) {
	var rules []rule
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !isTest(f) {
			continue
		}
		text, sources, err := parseComment(f.Doc.Text())
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, f.Name.Name, err)
		}
		rules = append(rules, rule{text, f.Name.Name, file, sources})
	}
	return rules, nil
}

// isTest reports whether go test runs a function as a test or a fuzz target.
func isTest(f *ast.FuncDecl) bool {
	if f.Recv != nil || len(f.Type.Params.List) != 1 {
		return false
	}
	pointer, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	of, ok := pointer.X.(*ast.SelectorExpr)
	return ok && (of.Sel.Name == "T" && strings.HasPrefix(f.Name.Name, "Test") ||
		of.Sel.Name == "F" && strings.HasPrefix(f.Name.Name, "Fuzz"))
}

// isSuite reports whether a file that is not a test belongs to a suite: that for backends,
// or that for adapters.
func isSuite(file string) bool {
	return strings.HasPrefix(file, "cache/cachetest/") || strings.HasPrefix(file, "internal/adaptertest/")
}

// isGenerated reports whether the tests of a file are written from those of another package,
// so that their rules are listed there.
func isGenerated(file string) bool { return strings.HasPrefix(file, "adapters/echo5cache/") }
