//go:build unix

package testbackends

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root   = "../.." // of the repository
	module = "github.com/larder-go/larder/"

	optionPages = "TestThePageOfOptionsHasEveryOptionOfEveryBackend"
)

// toy is all that the toy backend needs.
var toy = addition{
	files: map[string]string{
		"backends/toystore/toystore.go":      "testdata/toystore/toystore.go",
		"backends/toystore/toystore_test.go": "testdata/toystore/toystore_test.go",
	},
	imported: `_ "github.com/larder-go/larder/backends/toystore"`,
	line:     `{Name: "toy", URL: func(tb testing.TB) string { return "toy://" + tb.TempDir() }},`,
}

// The toy backend gets a folder in backends/, an import and a line in the table, for the
// compiler only. Every test that ranges over the table then has to run on it and pass, its
// conformance suite too, and the page of options has to be found to lack it.
func TestASeventhBackendIsAFolderAndALine(t *testing.T) {
	suites := suitesOverTheTable(t)
	for _, suite := range []string{"internal/acceptance", "fragment", "middleware", "cmd/larder", "internal/testbackends"} {
		if len(suites[suite]) == 0 {
			t.Errorf("no test of %s ranges over the table: %v", suite, suites)
		}
	}
	overlay := writeOverlay(t, toy)
	conformsOnToy(t, overlay)
	results := runOnToy(t, overlay, suites)
	for suite, tests := range suites {
		for _, test := range tests {
			if got := results[suite+" "+test+"/toy"]; got != "pass" {
				t.Errorf("%s of %s on the toy: %q, want pass", test, suite, got)
			}
		}
	}
	if got := results["docs "+optionPages+"/toy"]; got != "fail" {
		t.Errorf("docs/options.md has no table for the toy; the test of the page: %q, want fail", got)
	}
}

// conformsOnToy runs the conformance suite of the toy. A test runs in the folder of its
// package, which is there for the compiler only.
func conformsOnToy(t *testing.T, overlay string) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "toystore.test")
	compile := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./backends/toystore")
	compile.Dir = root
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	conformance := exec.CommandContext(t.Context(), binary)
	conformance.Dir = dir
	if out, err := conformance.CombinedOutput(); err != nil {
		t.Errorf("the conformance suite: %v\n%s", err, out)
	}
}

// runOnToy runs the tests of the suites on the toy, and returns their results by package and
// name.
func runOnToy(t *testing.T, overlay string, suites map[string][]string) map[string]string {
	t.Helper()
	names, packages := []string{optionPages}, []string{"./docs"}
	for suite, tests := range suites {
		names, packages = append(names, tests...), append(packages, "./"+suite)
	}
	pattern := "^(" + strings.Join(names, "|") + ")$/^toy$"
	command := exec.CommandContext(t.Context(), "go",
		append([]string{"test", "-count=1", "-vet=off", "-json", "-overlay", overlay, "-run", pattern}, packages...)...)
	command.Dir = root
	out, err := command.Output()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	results := make(map[string]string)
	var said strings.Builder
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var event struct{ Action, Package, Test, Output string }
		if err := dec.Decode(&event); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		said.WriteString(event.Output)
		results[strings.TrimPrefix(event.Package, module)+" "+event.Test] = event.Action
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("go test says\n%s", &said)
		}
	})
	return results
}
