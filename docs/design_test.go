package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	architecture  = "../ARCHITECTURE.md"
	maxDesign     = 150 // lines of a page in docs/design
	maxMap        = 220 // lines of ARCHITECTURE.md
	maxGlossary   = 20  // words
	pagesOfDesign = "design/*.md"
)

var (
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	place      = regexp.MustCompile(`^([\w./-]+\.go):([\w.]+)$`)
	identifier = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)
	word       = regexp.MustCompile(`[A-Za-z_]\w*`)
)

// architecturePages are the pages that name parts of the code.
func architecturePages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(pagesOfDesign)
	if err != nil || len(pages) == 0 {
		t.Fatalf("%s: %d pages, %v", pagesOfDesign, len(pages), err)
	}
	return append(pages, architecture)
}

// codeSpans returns the code spans of a page, without its blocks.
func codeSpans(text string) (spans []string) {
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			continue
		}
		for _, found := range codeSpan.FindAllStringSubmatch(part, -1) {
			spans = append(spans, found[1])
		}
	}
	return spans
}

func TestEachPlaceThatTheArchitectureNamesExists(t *testing.T) {
	declared := make(map[string]map[string]bool) // by file
	for _, page := range architecturePages(t) {
		for _, span := range codeSpans(read(t, page)) {
			found := place.FindStringSubmatch(span)
			if found == nil {
				continue
			}
			file, name := filepath.Join("..", found[1]), found[2]
			if declared[file] == nil {
				declared[file] = declarations(t, page, file)
			}
			if !declared[file][name] {
				t.Errorf("%s: %s declares no %s", page, found[1], name)
			}
		}
	}
}

// declarations are the names that a file declares. A method has that of its type before it.
func declarations(t *testing.T, page, path string) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("%s: %v", page, err)
		return names
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			names[receiver(d)+d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[name.Name] = true
					}
				}
			}
		}
	}
	return names
}

// receiver is the name of the type that a function is a method of, with a dot, or nothing.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name + "."
		}
		return true
	})
	return name
}

// A folder, a file or a name in the code is renamed more easily than the pages about it.
func TestEachPathAndNameThatTheArchitectureNamesExists(t *testing.T) {
	folders, words := topFolders(t), wordsOfCode(t)
	for _, page := range architecturePages(t) {
		for _, span := range codeSpans(read(t, page)) {
			first, _, isPath := strings.Cut(span, "/")
			switch {
			case place.MatchString(span):
			case isPath && slices.Contains(folders, first) && !strings.ContainsAny(span, " *N"):
				if _, err := os.Stat(filepath.Join("..", span)); err != nil {
					t.Errorf("%s: %v", page, err)
				}
			case strings.HasSuffix(span, ".go"):
				if !words[span] {
					t.Errorf("%s: no file is called %s", page, span)
				}
			case identifier.MatchString(span) && strings.ToLower(span) != span:
				if name := span[strings.LastIndex(span, ".")+1:]; !words[name] {
					t.Errorf("%s: no Go file has the name %s", page, span)
				}
			}
		}
	}
}

// wordsOfCode are the names that Go files have in them, and the names of the files.
func wordsOfCode(t *testing.T) map[string]bool {
	t.Helper()
	words := make(map[string]bool)
	for _, file := range named(t, "*.go") {
		words[filepath.Base(file)] = true
		for _, found := range word.FindAllString(read(t, file), -1) {
			words[found] = true
		}
	}
	return words
}

// topFolders are the folders of the repository that have Go files.
func topFolders(t *testing.T) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(foldersOf(t, "..")))
}

// foldersOf are the folders directly in dir that have Go files in them.
func foldersOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	folders := make(map[string]bool)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		inside, err := filepath.Rel(dir, path)
		if first, _, found := strings.Cut(filepath.ToSlash(inside), "/"); found && strings.HasSuffix(path, ".go") {
			folders[first] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

func TestTheMapHasEachPackageOnce(t *testing.T) {
	mapped := make(map[string]bool)
	for _, folder := range foldersOfTheMap(t) {
		if mapped[folder] {
			t.Errorf("the map has %s more than once", folder)
		}
		mapped[folder] = true
		if _, err := os.Stat(filepath.Join("..", folder)); err != nil {
			t.Errorf("the map: %v", err)
		}
	}
	for _, parent := range []string{".", "internal", "internal/pagecache", "cache"} {
		for folder := range foldersOf(t, filepath.Join("..", parent)) {
			switch folder = filepath.Join(parent, folder); folder {
			case "cmd", "docs", "internal", "scripts": // what is in them is listed, or no part of the program
			default:
				if !mapped[folder] {
					t.Errorf("the map does not have %s", folder)
				}
			}
		}
	}
}

// foldersOfTheMap are the folders in the first block of ARCHITECTURE.md, by their paths. An
// indented line is in the folder of the last line that is not.
func foldersOfTheMap(t *testing.T) (folders []string) {
	t.Helper()
	_, rest, _ := strings.Cut(read(t, architecture), "## The map\n\n```\n")
	block, _, found := strings.Cut(rest, "\n```")
	if !found {
		t.Fatal("ARCHITECTURE.md has no block after the heading of the map")
	}
	parent := ""
	for line := range strings.SplitSeq(block, "\n") {
		folder := filepath.Clean(strings.Fields(line)[0])
		if strings.HasPrefix(line, " ") {
			folder = filepath.Join(parent, folder)
		} else {
			parent = folder
		}
		folders = append(folders, folder)
	}
	return folders
}

func TestThePagesOfTheArchitectureAreShort(t *testing.T) {
	for _, page := range architecturePages(t) {
		limit := maxDesign
		if page == architecture {
			limit = maxMap
		}
		if lines := strings.Count(read(t, page), "\n"); lines > limit {
			t.Errorf("%s has %d lines, want at most %d: split it", page, lines, limit)
		}
	}
	_, glossary, _ := strings.Cut(read(t, architecture), "\n## Glossary\n")
	glossary, _, _ = strings.Cut(glossary, "\n## ")
	if words := strings.Count(glossary, "\n| ") - 1; words < 1 || words > maxGlossary {
		t.Errorf("the glossary of ARCHITECTURE.md has %d words, want 1 to %d", words, maxGlossary)
	}
}

func TestTheIndexOfTheDesignHasEachPage(t *testing.T) {
	index := read(t, "design/README.md")
	for _, page := range architecturePages(t) {
		name := filepath.Base(page)
		if page != architecture && name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/design/README.md does not lead to %s", name)
		}
	}
}
