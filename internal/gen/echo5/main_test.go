package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEcho5cacheIsWhatIsGeneratedFromEchocache(t *testing.T) {
	want, err := translateAll("../../../adapters/echocache")
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("adapters/echocache has no files")
	}
	outdated, err := outdatedFiles("../../../adapters/echo5cache", want)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range outdated {
		t.Errorf("adapters/echo5cache/%s is not what adapters/echocache gives; change it there, or in version.go, and run go generate ./adapters/echo5cache", name)
	}
}

func TestNamesAndTheContextAreTranslated(t *testing.T) {
	tests := map[string]struct{ from, to string }{
		"the package, and the other one": {"// Package echocache is for echo v4; for echo v5 there is echo5cache.\npackage echocache\n", "// Package echo5cache is for echo v5; for echo v4 there is echocache.\npackage echo5cache\n"},
		"an import":                      {"package p\n\nimport \"github.com/labstack/echo/v4\"\n", "package p\n\nimport \"github.com/labstack/echo/v5\"\n"},
		"a Context":                      {"package p\n\nfunc f(c echo.Context) {}\n", "package p\n\nfunc f(c *echo.Context) {}\n"},
		"other names that begin alike":   {"package p\n\nvar x echo.ContextFunc\n", "package p\n\nvar x echo.ContextFunc\n"},
		"alignment":                      {"package p\n\ntype t struct {\n\tc      echo.Context // a\n\tlength int          // b\n}\n", "package p\n\ntype t struct {\n\tc      *echo.Context // a\n\tlength int           // b\n}\n"},
	}
	for name, test := range tests {
		got, err := translate([]byte(test.from))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(header+test.to, string(got)); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", name, diff)
		}
	}
}

func TestWhatIsNotGoIsAnErrorThatNamesTheFile(t *testing.T) {
	from := write(t, map[string]string{"page.go": "no Go"})
	if _, err := translateAll(from); err == nil || !strings.Contains(err.Error(), "page.go") {
		t.Errorf("the error is %v", err)
	}
}

func TestGenerateWritesWhatDiffersAndRemovesWhatHasNoSource(t *testing.T) {
	from := write(t, map[string]string{"same.go": "package a\n", "changed.go": "package b\n", "new.go": "package c\n", "version.go": "package v4\n"})
	to := write(t, map[string]string{"same.go": header + "package a\n", "changed.go": header + "package a\n", "left.go": header + "package a\n", "version.go": "package v5\n"})
	if err := generate(from, to); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"same.go": header + "package a\n", "changed.go": header + "package b\n", "new.go": header + "package c\n", "version.go": "package v5\n"}
	if diff := cmp.Diff(want, read(t, to)); diff != "" {
		t.Errorf("the files (- want, + got):\n%s", diff)
	}
}

func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}
