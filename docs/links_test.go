package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	code    = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

func TestEveryLinkWithinTheRepositoryLeadsSomewhere(t *testing.T) {
	for _, document := range named(t, "*.md") {
		for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, document), ""), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(found[1], "#")
			target := document
			if path != "" {
				target = filepath.Join(filepath.Dir(document), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", document, err)
			} else if anchor != "" && !hasAnchor(read(t, target), anchor) {
				t.Errorf("%s: %s has no heading %q", document, target, anchor)
			}
		}
	}
}

// hasAnchor reports whether a document has a heading that a link may name so.
func hasAnchor(text, anchor string) bool {
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		if slug(found[1]) == anchor {
			return true
		}
	}
	return false
}

// slug is the anchor that GitHub makes of a heading.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r > 0x7f:
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
