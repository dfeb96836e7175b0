// Package docs_test compiles every block of Go code in the documents, and checks
// the settings in them.
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
	"net/http/httptest"
	"os"
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
	"github.com/larder-go/larder/middleware/pagetest"
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
func logged(next http.Handler) http.Handler                 { return next }
func secured(next http.Handler) http.Handler                { return next }
func compressed(next http.Handler) http.Handler             { return next }
func showArticle(w http.ResponseWriter, r *http.Request)   {}
func changeArticle(w http.ResponseWriter, r *http.Request) {}
func templates(language string) *template.Template         { return nil }

`

// others are packages that only some blocks use, by the name that they use them
// under.
var others = map[string]string{
	"echo":      "github.com/labstack/echo/v4",
	"echocache": "github.com/larder-go/larder/adapters/echocache",
	"gin":       "github.com/gin-gonic/gin",
	"gincache":  "github.com/larder-go/larder/adapters/gincache",
}

// linked are the packages that blocks may import, with what these import.
var linked = []string{
	"std", "github.com/larder-go/larder/...",
	"github.com/labstack/echo/v4/middleware", "github.com/labstack/echo/v5/middleware",
}

func TestEveryBlockOfCodeCompiles(t *testing.T) {
	compiled := newPackages(t) // whose importer reads each once, and is for one goroutine
	for _, document := range documents(t) {
		found := blocks(t, document, "go")
		for i, block := range found {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(document), i), func(t *testing.T) {
				for _, err := range compiled.check(files(found[:i], block)) {
					t.Errorf("%s, line %d of the document and on: %v", document, block.line, err)
				}
			})
		}
	}
}

// documents are the pages for people.
func documents(t *testing.T) []string {
	t.Helper()
	pages := []string{"../README.md", "../CONTRIBUTING.md"}
	for _, pattern := range []string{"*.md", "recipes/*.md", "performance/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Fatalf("there are no documents %s", pattern)
		}
		pages = append(pages, found...)
	}
	return pages
}

// block is a block of code.
type block struct {
	line int
	code string
}

// blocks are those of a document in a language; that of plain ones is empty.
func blocks(t *testing.T, document, language string) (found []block) {
	t.Helper()
	var current *block
	wanted := false
	for i, line := range strings.Split(read(t, document), "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case current == nil && isFence:
			current, wanted = &block{line: i + 1}, fence == language
		case current != nil && isFence:
			if wanted {
				found = append(found, *current)
			}
			current = nil
		case current != nil:
			current.code += line + "\n"
		}
	}
	if current != nil {
		t.Fatalf("%s: the block in line %d does not end", document, current.line)
	}
	return found
}

// files are those of the package that a block is a part of: the block alone,
// unless there were files of its package before it in the document.
func files(before []block, b block) (texts []string) {
	clause, _, _ := strings.Cut(b.code, "\n")
	if strings.HasPrefix(clause, "package ") && clause != "package main" {
		for _, earlier := range before {
			if strings.HasPrefix(earlier.code, clause+"\n") {
				texts = append(texts, earlier.code)
			}
		}
	}
	return append(texts, source(b))
}

// source is the file that a block is a part of.
func source(b block) string {
	if strings.HasPrefix(b.code, "package ") {
		return b.code
	}
	var imports strings.Builder
	for name, path := range others {
		if strings.Contains(b.code, name+".") {
			fmt.Fprintf(&imports, "\t%s %q\n", name, path)
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

// packages are what blocks may import, compiled.
type packages struct {
	exported map[string]string // where they are
	set      *token.FileSet
	importer types.Importer
}

// newPackages compiles what blocks may import.
func newPackages(t *testing.T) *packages {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	out, err := exec.Command("go", append(args, linked...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	p := &packages{exported: make(map[string]string), set: token.NewFileSet()}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		p.exported[path] = file
	}
	p.importer = importer.ForCompiler(p.set, "gc", p.open)
	return p
}

// check returns what is wrong with the files of a package. That a variable or an
// import is not used is nothing: a block shows a part of a program.
func (p *packages) check(texts []string) (wrong []error) {
	var parsed []*ast.File
	for _, text := range texts {
		file, err := parser.ParseFile(p.set, "block.go", text, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		parsed = append(parsed, file)
	}
	config := types.Config{
		Importer: p.importer,
		Error: func(err error) {
			var typeError types.Error
			if !errors.As(err, &typeError) || !typeError.Soft {
				wrong = append(wrong, err)
			}
		},
	}
	_, _ = config.Check("block", p.set, parsed, nil) // Error has them all
	return wrong
}

func (p *packages) open(path string) (io.ReadCloser, error) {
	file := p.exported[path]
	if file == "" {
		return nil, fmt.Errorf("no package %s", path)
	}
	data, err := os.ReadFile(file)
	return io.NopCloser(bytes.NewReader(data)), err
}
