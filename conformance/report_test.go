package main

import (
	"strings"
	"testing"
)

func TestTestsPassByWhatTheSuiteSays(t *testing.T) {
	for verdict, want := range map[string]bool{
		"✅": true, "Y": true, "⛔️": false, "⚠️": false, "N": false, "🔹": false, "⁉️": false, "⚪️": false, "↻": false, "-": false,
	} {
		if got := (outcome{Verdict: verdict}).passed(); got != want {
			t.Errorf("%s has passed: %v, want %v", verdict, got, want)
		}
	}
}

func TestARunFailsUnlessItIsAsExpected(t *testing.T) {
	const (
		passed   = "✅"
		failed   = "⛔️"
		unscored = "⚪️"
		noSetup  = "🔹"
		lessGood = "⚠️"
		doesNot  = "N"
		does     = "Y"
	)
	for _, test := range []struct {
		rule     string
		outcome  outcome
		expected bool
		want     string // in the error, if any
	}{
		{"a required test passes", outcome{Kind: "required", Verdict: passed}, false, ""},
		{"a required test fails", outcome{Kind: "required", Verdict: failed}, false, "id, which is required, does not pass"},
		{"it cannot be set up", outcome{Kind: "required", Verdict: noSetup}, false, "id, which is required, does not pass"},
		{"what it depends on fails", outcome{Kind: "required", Verdict: unscored}, false, "id, which is required, does not pass"},
		{"an optimal test fails", outcome{Kind: "optimal", Verdict: lessGood}, false, "id, which is optimal, does not pass"},
		{"a check says no", outcome{Kind: "check", Verdict: doesNot}, false, ""},
		{"a surrogate test fails", outcome{Kind: "required", Group: surrogate, Verdict: failed}, false, ""},
		{"an expected failure", outcome{Kind: "required", Verdict: failed}, true, ""},
		{"an expected failure that is not scored", outcome{Kind: "required", Verdict: unscored}, true, ""},
		{"a test that is expected to fail passes", outcome{Kind: "required", Verdict: passed}, true, "id passes: take it off"},
		{"an optimal test that is expected to fail passes", outcome{Kind: "optimal", Verdict: passed}, true, "id passes: take it off"},
		{"a check is expected to say no", outcome{Kind: "check", Verdict: does}, true, "cannot fail the run anyway"},
	} {
		test.outcome.ID = "id"
		expected := expectations{}
		if test.expected {
			expected["id"] = expectation{Tests: []string{"id"}}
		}
		err := compare([]outcome{test.outcome}, expected)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.rule, err, test.want)
		}
	}
}

func TestAnExpectationForATestThatIsNotThereFailsARun(t *testing.T) {
	err := compare(nil, expectations{"gone": {}})
	if err == nil || !strings.Contains(err.Error(), "gone is expected to fail, and the suite has no such test") {
		t.Errorf("%v", err)
	}
}

func TestTheReport(t *testing.T) {
	outcomes := []outcome{
		{ID: "a", Name: "A cache does a", Kind: "required", Verdict: "✅"},
		{ID: "b", Name: "A cache does b", Kind: "required", Verdict: "⛔️", Message: "Assertion: it does not"},
		{ID: "c", Name: "A cache does c", Kind: "optimal", Verdict: "✅"},
		{ID: "d", Name: "Does a cache do d?", Kind: "check", Verdict: "Y"},
		{ID: "e", Name: "A cache does e", Kind: "required", Verdict: "⛔️", Group: surrogate},
	}
	var out strings.Builder
	err := report(&out, outcomes, expectations{"b": {Section: "RFC 0 §1", Reason: "it need not"}})
	want := `⛔️ required b: A cache does b
     Assertion: it does not
     expected, see RFC 0 §1
surrogate-control: required 0/1 optimal 0/0 check 0/0
required 1/2 optimal 1/1 check 1/1
`
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s", err, &out)
	}
}
