package main

import (
	"strings"
	"testing"
)

func TestTheListThatIsCheckedInIsWellFormed(t *testing.T) {
	if _, err := readExpectations("expected.json"); err != nil {
		t.Error(err)
	}
}

func TestEachExpectationHasItsReason(t *testing.T) {
	for list, want := range map[string]string{
		`[{"tests": ["a"], "section": "RFC 9111 §1", "reason": "so"}]`: "",
		`[]`: "",
		`[{"tests": ["a"], "section": "RFC 9111 §1"}]`:                   "needs tests, a section and a reason",
		`[{"tests": ["a"], "reason": "so"}]`:                             "needs tests, a section and a reason",
		`[{"section": "RFC 9111 §1", "reason": "so"}]`:                   "needs tests, a section and a reason",
		`[{"tests": ["a", "a"], "section": "s", "reason": "so"}]`:        "a is there twice",
		`[{"tests": ["a"], "section": "s", "reason": "so", "until": 1}]`: "unknown field",
		`{`: "unexpected",
	} {
		_, err := parseExpectations([]byte(list))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", list, err, want)
		}
	}
}
