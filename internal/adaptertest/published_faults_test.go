package adaptertest

import (
	"os/exec"
	"strings"
	"testing"
)

// Each fault that was found in published caches has a case of the suite.
func TestEveryPublishedFaultHasACaseOfTheTable(t *testing.T) {
	rules := make(map[string]bool)
	for _, cases := range tables {
		for _, c := range cases {
			if rules[c.rule] {
				t.Errorf("two cases have the name %q", c.rule)
			}
			rules[c.rule] = true
		}
	}
	for _, f := range faults {
		if !rules[f.rule] {
			t.Errorf("%s: there is no case %q", f.what, f.rule)
		}
	}
}

// No package that a program links installs signal handlers, as a published cache does.
func TestWhatAProgramLinksInstallsNoSignalHandlers(t *testing.T) {
	const module = "github.com/larder-go/larder/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`,
		module+"adapters/gincache", module+"adapters/echocache", module+"adapters/echo5cache", module+"fragment").Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(path, module) {
			continue
		}
		ours++
		for _, imported := range strings.Fields(imports) {
			if imported == "os/signal" {
				t.Errorf("%s imports os/signal", path)
			}
		}
	}
	if ours < 4 {
		t.Errorf("only %d packages of ours were looked at", ours)
	}
}
