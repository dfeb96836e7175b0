package docs_test

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

var (
	// optionRow is a row of a table of options: | `name` | value | default | meaning |.
	optionRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (.*?) \\|")

	// mustBe is what an error says about the value of an option.
	mustBe = regexp.MustCompile(`(?m)option "([a-z_]+)" (?:is .*: it )?must be (.*)$`)

	// unbounded is a range that ends with the greatest number.
	unbounded = regexp.MustCompile(`from (\d+) to (?:2147483647|9223372036854775807)`)

	// list is the list of names in an error.
	list = regexp.MustCompile(`(?m)(?:the options are|registered are) ([^;\n]*)`)
)

func TestThePageOfOptionsHasEveryOptionOfEveryBackend(t *testing.T) {
	page := read(t, "options.md")
	for _, backend := range listed(cache.Config{Backend: "no such backend"}.Check("default")) {
		t.Run(backend, func(t *testing.T) {
			written := make(map[string]string)
			for _, row := range optionRow.FindAllStringSubmatch(section(t, page, "`"+backend+"`"), -1) {
				written[row[1]] = row[2]
			}
			accepted := listed(check(backend, "no_such_option", nil))
			for _, name := range accepted {
				if form := optionForm(t, backend, name); written[name] != form {
					t.Errorf("options.md has the value %q for %q, want %q", written[name], name, form)
				}
			}
			for name := range written {
				if !slices.Contains(accepted, name) {
					t.Errorf("options.md has %q, which the backend refuses", name)
				}
			}
		})
	}
}

func TestThePageOfOptionsHasEverySettingOfAnAlias(t *testing.T) {
	table := section(t, read(t, "options.md"), "Every alias")
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cache.Config]()) {
		if !strings.Contains(table, "`"+field.Name+"`") {
			t.Errorf("options.md does not have the field %s of cache.Config", field.Name)
		}
	}
}

// section returns the part of a page whose heading has the text in it.
func section(t *testing.T, page, text string) string {
	t.Helper()
	for _, part := range strings.Split(page, "\n## ")[1:] {
		if heading, rest, _ := strings.Cut(part, "\n"); strings.Contains(heading, text) {
			return rest
		}
	}
	t.Fatalf("there is no heading with %s in it", text)
	return ""
}

// listed returns the names that an error lists.
func listed(err error) []string {
	if found := list.FindStringSubmatch(err.Error()); found != nil {
		return strings.Split(found[1], ", ")
	}
	return nil
}

// check returns what the backend says about the value of an option.
func check(backend, option string, value any) error {
	return cache.Config{Backend: backend, Options: map[string]any{option: value}}.Check("default")
}

// optionForm returns what the value of an option must be. The error about a value of
// the wrong type says it; the one about a number below all ranges has the range, and
// the one about a text that is no choice has the choices.
func optionForm(t *testing.T, backend, name string) string {
	t.Helper()
	form := required(check(backend, name, struct{}{}), name)
	switch {
	case strings.Contains(form, "number"):
		form = required(check(backend, name, math.MinInt64), name)
	case form == "a string":
		if err := check(backend, name, "no such choice"); err != nil && required(err, name) != "" {
			form = required(err, name)
		}
	}
	if form == "" {
		t.Fatalf("the backend accepts anything for %q", name)
	}
	form, _, _ = strings.Cut(form, ", for example")
	return unbounded.ReplaceAllString(form, "of at least $1")
}

// required returns what an error says that the value of the option must be.
func required(err error, option string) string {
	for _, found := range mustBe.FindAllStringSubmatch(err.Error(), -1) {
		if found[1] == option {
			return found[2]
		}
	}
	return ""
}
