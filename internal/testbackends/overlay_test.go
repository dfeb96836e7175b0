//go:build unix

package testbackends

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeOverlay returns the file that shows the compiler the toy in its folder, the import and the
// line.
func writeOverlay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	replace := make(map[string]string)
	show := func(path, shown string) { replace[absolute(t, filepath.Join(root, path))] = shown }
	for _, name := range []string{"toystore.go", "toystore_test.go"} {
		show("backends/toystore/"+name, absolute(t, filepath.Join("testdata/toystore", name)))
	}
	show("internal/allbackends/allbackends.go", withLine(t, dir, "../allbackends/allbackends.go", "import (\n", toyImport))
	show("internal/testbackends/testbackends.go", withLine(t, dir, "testbackends.go", "var table = []Backend{\n", toyLine))
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
