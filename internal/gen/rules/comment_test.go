package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The first sentence of a comment is its rule, and a line of sources is none of it.
func TestTheFirstSentenceIsTheRule(t *testing.T) {
	tests := map[string]struct {
		comment string
		rule    string
		sources []string
	}{
		"a sentence":             {"A page is stored.", "A page is stored.", nil},
		"over several lines":     {"A page is\nstored.\n", "A page is stored.", nil},
		"the first of two":       {"A page is stored. The test says so.", "A page is stored.", nil},
		"a dot within":           {"A page of v1.2 is stored, e.g. here.", "A page of v1.2 is stored, e.g. here.", nil},
		"with a source":          {"A page is stored.\nRFC 9111, 3", "A page is stored.", []string{"RFC 9111, 3"}},
		"with several":           {"A page is stored.\nRFC 9111, 3; RFC 9110, 8.6\nDjango, get_or_set.", "A page is stored.", []string{"RFC 9111, 3", "RFC 9110, 8.6", "Django, get_or_set"}},
		"a source in between":    {"A page is stored.\nRFC 9111, 3\nIt is short.", "A page is stored.", []string{"RFC 9111, 3"}},
		"an RFC without section": {"A page is stored, as RFC 9111 says.", "A page is stored, as RFC 9111 says.", nil},
		"without any sentence":   {"", "", nil},
	}
	for name, test := range tests {
		rule, sources, err := parseComment(test.comment)
		if err != nil || rule != test.rule {
			t.Errorf("%s: the rule is %q, %v", name, rule, err)
		}
		var got []string
		for _, s := range sources {
			got = append(got, s.String())
		}
		if diff := cmp.Diff(test.sources, got); diff != "" {
			t.Errorf("%s: the sources (- want, + got):\n%s", name, diff)
		}
	}
}

// A source within a sentence is an error, so that there is one form to search for.
func TestASourceWithinASentenceIsAnError(t *testing.T) {
	for _, comment := range []string{"A page is stored (RFC 9111, section 3).", "RFC 9111, 3: a page is stored.", "A page is stored, see RFC 9111 §3."} {
		if _, _, err := parseComment(comment); err == nil || !strings.Contains(err.Error(), "a line of its own") {
			t.Errorf("%q: the error is %v", comment, err)
		}
	}
}

// What is no rule is told with what would be right.
func TestWhatIsNoRuleIsTold(t *testing.T) {
	for rule, want := range map[string]string{
		"A page is stored.":         "",
		"":                          "has no rule",
		"TestPage asks for a page.": "begins with its name",
		"A page is stored":          "does not end with a full stop",
	} {
		if got := ruleProblem("TestPage", rule); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", rule, got, want)
		}
	}
}
