//go:build unix

package testbackends

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The backend in docs/writing-a-backend.md, with the import and the line that stand there, is
// one of the table.
func TestTheLinesInTheDocumentsAddABackend(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "writing-a-backend.md"))
	if err != nil {
		t.Fatal(err)
	}
	find := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(page))
		if found == nil {
			t.Fatalf("docs/writing-a-backend.md has nothing like %s", pattern)
		}
		return found[1]
	}
	store := write(t, filepath.Join(t.TempDir(), "mapstore.go"), find("(?s)```go\n(package mapstore.*?)```"))
	overlay := writeOverlay(t, addition{
		files:    map[string]string{"backends/mapstore/mapstore.go": store},
		imported: find(`(?m)^ *(_ ".*/backends/mapstore".*)$`),
		line:     find(`(?m)^ *(\{Name: "map".*\},)$`),
	})
	command := exec.CommandContext(t.Context(), "go", "test", "-v", "-count=1", "-vet=off", "-overlay", overlay,
		"-run", "^TestEachBackendOfTheTableWorks$/^map$", "./internal/testbackends")
	command.Dir = root
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestEachBackendOfTheTableWorks/map") {
		t.Errorf("%v\n%s", err, out)
	}
}
