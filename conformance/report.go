package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// surrogate is the group of tests of Surrogate-Control, which no RFC has. It is
// counted apart and fails no run.
const surrogate = "surrogate-control"

var kinds = []string{"required", "optimal", "check"}

// passed reports whether a cache does what the name of the test says. Tests of
// the kind check ask what it does; no answer is wrong.
func (o outcome) passed() bool { return o.Verdict == "✅" || o.Verdict == "Y" }

// matters reports whether a cache is to pass the test. One that is not judged
// since another has failed is to pass, too: it would otherwise be lost with the
// other.
func (o outcome) matters() bool { return o.Kind != "check" && o.Group != surrogate }

// report prints the score and what did not pass. It returns an error if that is
// not what was expected.
func report(out io.Writer, outcomes []outcome, expected expectations) error {
	surrogates := slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return o.Group != surrogate })
	others := slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return o.Group == surrogate })
	for _, kind := range kinds {
		printFailures(out, kind, others, expected)
	}
	fmt.Fprintf(out, "%s: %s\n", surrogate, score(surrogates))
	fmt.Fprintln(out, score(others))
	return compare(outcomes, expected)
}

// score tells how many tests of each kind have passed.
func score(outcomes []outcome) string {
	var passed, total [3]int
	for _, o := range outcomes {
		kind := slices.Index(kinds, o.Kind)
		total[kind]++
		if o.passed() {
			passed[kind]++
		}
	}
	return fmt.Sprintf("required %d/%d optimal %d/%d check %d/%d", passed[0], total[0], passed[1], total[1], passed[2], total[2])
}

func printFailures(out io.Writer, kind string, outcomes []outcome, expected expectations) {
	for _, o := range outcomes {
		if o.Kind != kind || o.passed() {
			continue
		}
		fmt.Fprintf(out, "%s %-8s %s: %s\n", o.Verdict, kind, o.ID, o.Name)
		if o.Message != "" {
			fmt.Fprintf(out, "     %s\n", o.Message)
		}
		if e, ok := expected[o.ID]; ok {
			fmt.Fprintf(out, "     expected, see %s\n", e.Section)
		}
	}
}

// compare returns an error for each test that did what it was not expected to
// do.
func compare(outcomes []outcome, expected expectations) error {
	var errs []error
	unknown := maps.Clone(expected)
	for _, o := range outcomes {
		_, listed := expected[o.ID]
		delete(unknown, o.ID)
		switch {
		case listed && !o.matters():
			errs = append(errs, fmt.Errorf("%s is expected to fail, and cannot fail the run anyway", o.ID))
		case listed && o.passed():
			errs = append(errs, fmt.Errorf("%s passes: take it off the list of what is expected to fail", o.ID))
		case !listed && o.matters() && !o.passed():
			errs = append(errs, fmt.Errorf("%s, which is %s, does not pass", o.ID, o.Kind))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(unknown)) {
		errs = append(errs, fmt.Errorf("%s is expected to fail, and the suite has no such test", id))
	}
	return errors.Join(errs...)
}
