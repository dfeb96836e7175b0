package docs_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	definedTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	namedTarget = regexp.MustCompile("(?:`|run: )make ([a-z][a-z0-9-]*)")
	matrix      = regexp.MustCompile(`target: \[(.*)\]`)
	target      = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
)

// named are the files of the repository whose names match a pattern, except in folders that
// other programs fill.
func named(t *testing.T, pattern string) (found []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", ".bin", "testdata", "node_modules"}, entry.Name()) {
			return fs.SkipDir
		}
		if matches, err := filepath.Match(pattern, entry.Name()); err != nil || !matches {
			return err
		}
		found = append(found, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no file matches %s", pattern)
	}
	return found
}

// A test is renamed more easily than the page that promises what it shows.
func TestEachTestThatAPageNamesExists(t *testing.T) {
	defined := make(map[string]bool)
	for _, file := range named(t, "*_test.go") {
		for _, found := range definedTest.FindAllStringSubmatch(read(t, file), -1) {
			defined[found[1]] = true
		}
	}
	for _, page := range named(t, "*.md") {
		for _, found := range namedTest.FindAllStringSubmatch(read(t, page), -1) {
			if !defined[found[1]] {
				t.Errorf("%s names %s, which no test file has", page, found[1])
			}
		}
	}
}

func TestEachTargetOfMakeThatIsNamedExists(t *testing.T) {
	defined := make(map[string]bool)
	for _, found := range target.FindAllStringSubmatch(read(t, "../Makefile"), -1) {
		defined[found[1]] = true
	}
	for _, file := range append(named(t, "*.md"), named(t, "*.yml")...) {
		for _, name := range namedTargets(read(t, file)) {
			if !defined[name] {
				t.Errorf("%s names make %s, which the Makefile does not have", file, name)
			}
		}
	}
}

// namedTargets are those that a page names in code, or that a workflow runs: in a step, or
// by a list of its matrix.
func namedTargets(text string) (names []string) {
	for _, found := range namedTarget.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	for _, found := range matrix.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.Split(found[1], ", ")...)
	}
	return names
}
