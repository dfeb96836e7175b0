package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheBackendInTheDocumentsPassesTheSuite(t *testing.T) {
	found := blocks(t, "writing-a-backend.md", "go")
	if len(found) != 2 {
		t.Fatalf("%d blocks, want the backend and its test", len(found))
	}
	root, err := filepath.Abs("mapstore") // which is there for the compiler only
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), make(map[string]string)
	for i, name := range []string{"mapstore.go", "mapstore_test.go"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(found[i].code), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, name)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	suite := filepath.Join(dir, "mapstore.test")
	run(t, ".", "go", "test", "-c", "-vet=off", "-overlay", file, "-o", suite, "./mapstore")
	run(t, dir, suite) // which writes down what has failed where it is
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v:\n%s", name, err, out)
	}
}
