//go:build unix

package testbackends

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// addition is what adds a backend to the repository.
type addition struct {
	files          map[string]string // of the folder: from the path in the repository to the file to show there
	imported, line string
}

// writeOverlay returns the file that shows the compiler the addition.
func writeOverlay(t *testing.T, a addition) string {
	t.Helper()
	dir := t.TempDir()
	replace := make(map[string]string)
	show := func(path, shown string) { replace[absolute(t, filepath.Join(root, path))] = absolute(t, shown) }
	for path, shown := range a.files {
		show(path, shown)
	}
	show("internal/allbackends/allbackends.go", withLine(t, dir, "../allbackends/allbackends.go", "import (\n", a.imported))
	show("internal/testbackends/testbackends.go", withLine(t, dir, "testbackends.go", "var table = []Backend{\n", a.line))
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(dir, "overlay.json"), string(text))
}

// withLine returns a copy of a file that has one more line, after the text.
func withLine(t *testing.T, dir, file, after, line string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), after)
	if !found {
		t.Fatalf("%s has no %q", file, after)
	}
	return write(t, filepath.Join(dir, filepath.Base(file)), before+after+line+"\n"+rest)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
