package docs_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxScreen is how many lines a recipe may have.
const maxScreen = 90

func TestEveryRecipeIsOneScreenAndRuns(t *testing.T) {
	shown := transcripts(t)
	for _, recipe := range recipes(t) {
		if lines := strings.Count(read(t, recipe), "\n"); lines > maxScreen {
			t.Errorf("%s has %d lines, more than %d", recipe, lines, maxScreen)
		}
		runs := slices.ContainsFunc(shown, func(s transcript) bool { return s.document == recipe })
		if !runs && recipe != testRecipe {
			t.Errorf("%s has no transcript, so that nothing runs its program", recipe)
		}
	}
}

func TestEveryRecipeIsInTheIndex(t *testing.T) {
	index := read(t, "README.md")
	for _, recipe := range recipes(t) {
		if !strings.Contains(index, "]("+filepath.ToSlash(recipe)+")") {
			t.Errorf("README.md has no link to %s", recipe)
		}
	}
}

// testRecipe has a test instead of a program.
var testRecipe = filepath.Join("recipes", "test-your-handlers.md")

func TestTheRecipeOfTestsPasses(t *testing.T) {
	found := blocks(t, testRecipe, "go")
	if len(found) != 2 {
		t.Fatalf("%d blocks, want the site and its test", len(found))
	}
	passes(t, "news", found[0].code, found[1].code)
}

func TestTheGlossaryIsShort(t *testing.T) {
	if rows := strings.Count(read(t, "glossary.md"), "\n| ") - 1; rows > 20 {
		t.Errorf("the glossary has %d words, more than 20", rows)
	}
}

func recipes(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("recipes/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return found
}
