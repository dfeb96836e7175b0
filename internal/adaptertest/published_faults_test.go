package adaptertest

import (
	"os/exec"
	"strings"
	"testing"
)

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

// A published cache installs signal handlers in the program that uses it.
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
