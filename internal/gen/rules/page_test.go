package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A test, a fuzz target and a case of the suite each give a row under the topic of their
// file; other files give none.
func TestARuleIsARowUnderTheTopicOfItsFile(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"middleware/vary_test.go":        "package middleware\n",
		"middleware/variants_test.go":    "package middleware\n\n// Vary: * matches *no* request.\n// RFC 9111, 4.1; Django, vary_on_headers\nfunc TestVary(t *testing.T) {}\n\nfunc TestWithoutRule(t *testing.T) {}\n\n// Help is no test.\nfunc help(t *testing.T) {}\n",
		"fragment/key_test.go":           "package fragment\n\n// A key is read.\nfunc FuzzKey(f *testing.F) {}\n",
		"cache/cachetest/add.go":         "package cachetest\n\nvar cases = []storeCase{{name: \"add/once\", rule: \"Add adds\" + \" once.\"}, {name: \"more\"}}\n",
		"internal/inflight/gate_test.go": "package gate\n\n// A gate is shut.\nfunc TestGate(t *testing.T) {}\n",
		"internal/adaptertest/a.go":      "package adaptertest\n\nvar cases = []caseOf{{\"a hit is a hit\", func() {}}, {}}\n",
	})
	if err := os.Mkdir(filepath.Join(root, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := generate(root); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	const vary = "[RFC 9111, 4.1](https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1) Calculating Cache Keys with the Vary Header Field"
	for heading, row := range map[string]string{
		"Keys and Vary":                 `| Vary: \* matches \*no\* request. | [` + "`TestVary`" + `](../middleware/variants_test.go) | ` + vary + `<br>Django, vary_on_headers |`,
		"Fragments":                     "| A key is read. | [`FuzzKey`](../fragment/key_test.go) |  |",
		"Every cache and every backend": "| Add adds once. | [`add/once`](../cache/cachetest/add.go) |  |",
		"Adapters":                      "| A hit is a hit. | [`a`](../internal/adaptertest/a.go) |  |",
		"By section":                    "| " + vary + " | [`TestVary`](../middleware/variants_test.go) |",
	} {
		_, below, _ := strings.Cut(string(text), "\n## "+heading+"\n")
		below, _, _ = strings.Cut(below, "\n## ")
		if !strings.Contains(below, row+"\n") {
			t.Errorf("%s has no row\n%s\nbut\n%s", heading, row, below)
		}
	}
	for _, unwanted := range []string{"TestWithoutRule", "Help", "TestGate", "more"} {
		if strings.Contains(string(text), "`"+unwanted) {
			t.Errorf("the page lists %s", unwanted)
		}
	}
}

// A section that does not exist is an error that names the test.
func TestASectionThatDoesNotExistIsAnError(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"fragment/key_test.go": "package fragment\n\n// A key is read.\n// RFC 9111, 9.9\nfunc TestKey(t *testing.T) {}\n"})
	if err := generate(root); err == nil || !strings.Contains(err.Error(), "TestKey: RFC 9111, 9.9") {
		t.Errorf("the error is %v", err)
	}
}

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
