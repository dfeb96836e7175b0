package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Package is what was parsed of one package, and what is kept between runs. Of
// its files, tests and programs that only generate others do not count; files
// for other systems do.
type Package struct {
	Path    string // the import path
	Files   []File
	Lines   int
	Imports []string // as written, each once, in order
}

// File is one file of a package.
type File struct {
	Name  string
	Lines int
}

// tree returns what stands before "vendor/" in the path of a package that is
// vendored for p: the go command has a vendor directory of its own.
func (p Package) tree() string {
	if strings.HasPrefix(p.Path, "cmd/") {
		return "cmd/"
	}
	return ""
}

// parse reads the package. This is the slow part.
func (s source) parse(ctx context.Context) (Package, error) {
	p := Package{Path: s.path}
	imports := make(map[string]bool)
	for _, name := range s.files {
		if err := ctx.Err(); err != nil {
			return Package{}, err
		}
		file := filepath.Join(s.dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			return Package{}, err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return Package{}, err
		}
		if isGenerator(tree) {
			continue
		}
		lines := bytes.Count(text, []byte("\n"))
		p.Files = append(p.Files, File{Name: name, Lines: lines})
		p.Lines += lines
		for _, spec := range tree.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return Package{}, err
			}
			imports[imported] = true
		}
	}
	p.Imports = slices.Sorted(maps.Keys(imports))
	return p, nil
}

// isGenerator reports whether a file only lies beside a package: it has the
// build constraint "ignore".
func isGenerator(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.Package && comment.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}
