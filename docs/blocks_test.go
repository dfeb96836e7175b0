// Package docs_test compiles every block of Go code in the documents.
package docs_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// prelude is what stands before a block that is no program: the packages and the
// names that readers know from the text around it.
const prelude = `package doc

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log"
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/fragment"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
%s)

type User struct{ Name string }

type Article struct{ Title string }

type database struct{}

func (database) LoadUser(context.Context, int) (User, error)           { return User{}, nil }
func (database) LoadArticle(context.Context, string) (Article, error)  { return Article{}, nil }

var (
	ctx      context.Context
	w        http.ResponseWriter
	r        *http.Request
	mux      *http.ServeMux
	db       database
	settings cache.Settings
	caches   *cache.Handler
	reports  http.Handler
	page     http.Handler
	addr     string
	secret   string
	menu     any
	files    embed.FS
	err      error
)

func requireUser(next http.Handler) http.Handler            { return next }
func showArticle(w http.ResponseWriter, r *http.Request)   {}
func changeArticle(w http.ResponseWriter, r *http.Request) {}

`

// others are packages that only some blocks use, by the name that they use them
// under.
var others = map[string]string{}

func TestEveryBlockOfCodeCompiles(t *testing.T) {
	packages := newPackages(t)
	for _, document := range documents(t) {
		for i, block := range blocks(t, document) {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(document), i), func(t *testing.T) {
				t.Parallel()
				for _, err := range packages.check(source(block)) {
					t.Errorf("%s, line %d of the document and on: %v", document, block.line, err)
				}
			})
		}
	}
}

// documents are the pages for people.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) == 0 {
		t.Fatal("there are no documents")
	}
	return append(pages, "../README.md", "../CONTRIBUTING.md")
}

// block is a block of Go code.
type block struct {
	line int
	code string
}

func blocks(t *testing.T, document string) (found []block) {
	t.Helper()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var current *block
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case current != nil && strings.TrimSpace(line) == "```":
			found, current = append(found, *current), nil
		case current != nil:
			current.code += line + "\n"
		case strings.TrimSpace(line) == "```go":
			current = &block{line: i + 1}
		}
	}
	if current != nil {
		t.Fatalf("%s: the block in line %d does not end", document, current.line)
	}
	return found
}

// source is the file that a block is a part of.
func source(b block) string {
	if strings.HasPrefix(b.code, "package ") {
		return b.code
	}
	var imports strings.Builder
	for name, path := range others {
		if strings.Contains(b.code, name+".") {
			fmt.Fprintf(&imports, "\t%q\n", path)
		}
	}
	before := fmt.Sprintf(prelude, imports.String())
	if isDeclaration(b.code) {
		return before + b.code
	}
	return before + "func _() {\n" + b.code + "}\n"
}

// isDeclaration reports whether code can stand outside of a function.
func isDeclaration(code string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+code, 0)
	return err == nil
}

// exported is where the compiled packages are.
type exported map[string]string

// newPackages compiles what blocks may import.
func newPackages(t *testing.T) exported {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "std", "github.com/larder-go/larder/..."}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	found := make(exported)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[path] = file
	}
	return found
}

// check returns what is wrong with a file. That a variable or an import is not
// used is nothing: a block shows a part of a program.
func (e exported) check(text string) (wrong []error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "block.go", text, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	config := types.Config{
		Importer: importer.ForCompiler(files, "gc", e.open),
		Error: func(err error) {
			var typeError types.Error
			if !errors.As(err, &typeError) || !typeError.Soft {
				wrong = append(wrong, err)
			}
		},
	}
	_, _ = config.Check("block", files, []*ast.File{file}, nil) // Error has them all
	return wrong
}

func (e exported) open(path string) (io.ReadCloser, error) {
	file := e[path]
	if file == "" {
		return nil, fmt.Errorf("no package %s", path)
	}
	data, err := os.ReadFile(file)
	return io.NopCloser(bytes.NewReader(data)), err
}
