package house

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listsOfBackends are the packages that import two backends or more, tests included, with
// the reason. All others have them from internal/allbackends and internal/testbackends, so
// that a backend that is added there is everywhere.
var listsOfBackends = map[string]string{
	"internal/allbackends": "the list itself",

	"examples/chi":        "an example imports what the program of a user imports",
	"examples/proxy":      "an example imports what the program of a user imports",
	"examples/quickstart": "an example imports what the program of a user imports",
	"examples/sessions":   "an example imports what the program of a user imports",

	"internal/e2e/faults":    "breaks each server in its own ways",
	"internal/e2e/load":      "names the errors of each client",
	"internal/e2e/soak":      "a program, which starts the servers without a test",
	"benchmarks/guards/hits": "compares the instructions of chosen hits with those of an earlier commit",
	"benchmarks/targets":     "compares chosen backends with clients of their servers",
}

// modulesOfBackends are the modules of the repository whose packages import backends.
var modulesOfBackends = []string{".", "internal/e2e", "internal/neighbours", "benchmarks"}

func TestBackendsAreListedInOnePlace(t *testing.T) {
	watch(t)
	found := make(map[string][]string)
	for _, dir := range modulesOfBackends {
		for path, backends := range importedBackends(t, dir) {
			if len(backends) > 1 {
				found[path] = backends
			}
		}
	}
	for path, backends := range found {
		if listsOfBackends[path] == "" {
			t.Errorf("%s imports %s: import internal/allbackends in a program and internal/testbackends in a test, or give the reason here", path, strings.Join(backends, ", "))
		}
	}
	for path := range listsOfBackends {
		if found[path] == nil {
			t.Errorf("%s imports no two backends: it needs no reason here", path)
		}
	}
}

// Every folder in backends/ is imported by internal/allbackends.
func TestEveryBackendIsListed(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(root, "backends", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no backends: %v", err)
	}
	listed := importedBackends(t, ".")["internal/allbackends"]
	for _, folder := range folders {
		if name := filepath.Base(folder); !slices.Contains(listed, name) {
			t.Errorf("internal/allbackends does not import backends/%s", name)
		}
	}
}

// importedBackends returns the backends that each package of the module in a folder
// imports, in its tests too, by the path of the package in the repository.
func importedBackends(t *testing.T, dir string) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Dir = filepath.Join(root, dir)
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", dir, err)
	}
	imported := make(map[string][]string)
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatalf("the output of go list in %s: %v", dir, err)
		}
		path, _ := inModule(p.ImportPath)
		if strings.HasPrefix(path, "backends/") {
			continue // the tests of a backend import the backend
		}
		for _, other := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if name, ok := strings.CutPrefix(other, module+"/backends/"); ok && !slices.Contains(imported[path], name) {
				imported[path] = append(imported[path], name)
			}
		}
	}
	return imported
}
