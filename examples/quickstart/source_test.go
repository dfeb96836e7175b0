package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeyOfASourceIsOfWhatItDependsOn(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(fakeRoot)); err != nil {
		t.Fatal(err)
	}
	before := keysByPath(t, root)
	if again := keysByPath(t, root); again["alpha"] != before["alpha"] {
		t.Error("the key of a package that did not change changed")
	}
	file := filepath.Join(root, "src", "alpha", "alpha.go")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(file, later, later); err != nil {
		t.Fatal(err)
	}
	after := keysByPath(t, root)
	if after["alpha"] == before["alpha"] {
		t.Error("the key of a package with a file that was written is as before")
	}
	if after["beta"] != before["beta"] {
		t.Error("the key of another package changed")
	}
	if other := keysByPath(t, fakeRoot); other["beta"] == before["beta"] {
		t.Error("packages of two trees have one key")
	}
}

func keysByPath(t *testing.T, root string) map[string]string {
	t.Helper()
	sources, err := listSources(root)
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]string)
	for _, s := range sources {
		keys[s.path] = s.key
	}
	return keys
}

func TestAPackageThatCannotBeParsedIsAnError(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "src", "broken", "broken.go"), "this is not Go")
	sources, err := listSources(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sources[0].parse(t.Context()); err == nil || !strings.Contains(err.Error(), "broken.go") {
		t.Errorf("parse = %v, want an error that names the file", err)
	}
	p := start(t, "-root", root, "-dir", t.TempDir())
	res := p.get("/")
	res.wantStatus(t, 500)
	res.want(t, "the log says why")
}

func TestARootThatIsNoGoInstallationIsRefused(t *testing.T) {
	empty := t.TempDir()
	if err := os.Mkdir(filepath.Join(empty, "src"), fs.ModePerm); err != nil {
		t.Fatal(err)
	}
	if _, err := listSources(empty); err == nil || !strings.Contains(err.Error(), "no Go files") {
		t.Errorf("listSources of an empty tree = %v, want an error that says so", err)
	}
	for _, args := range [][]string{
		{"-root", t.TempDir()},
		{"-cache", "nowhere://"},
		{"-cache", "no URL"},
		{"-no-such-flag"},
		{"argument"},
		{"-addr", "no address"},
	} {
		args = append([]string{"-dir", t.TempDir()}, args...)
		if err := run(t.Context(), args, t.Output()); err == nil {
			t.Errorf("run(%q) = nil, want an error", args)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), fs.ModePerm); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
