package docs_test

import (
	"path/filepath"
	"testing"
)

func TestTheBackendInTheDocumentsPassesTheSuite(t *testing.T) {
	found := blocks(t, "writing-a-backend.md", "go")
	if len(found) != 2 {
		t.Fatalf("%d blocks, want the backend and its test", len(found))
	}
	passes(t, "mapstore", found[0].code, found[1].code)
}

// passes runs the test of a package, which is in this folder for the compiler only.
func passes(t *testing.T, name, code, test string) {
	t.Helper()
	overlay := writeOverlay(t, map[string]string{
		filepath.Join(name, name+".go"):      code,
		filepath.Join(name, name+"_test.go"): test,
	})
	dir := t.TempDir()
	binary := filepath.Join(dir, name+".test"+executable())
	run(t, ".", "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./"+name)
	run(t, dir, binary) // which writes down what has failed where it is
}
