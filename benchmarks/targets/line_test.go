package targets_test

import (
	"testing"

	"github.com/larder-go/larder/benchmarks/targets"
)

func TestABoundDecides(t *testing.T) {
	tests := []struct {
		value float64
		bound targets.Bound
		want  targets.Verdict
	}{
		{1.15, targets.AtMost(1.15), targets.Met},
		{1.16, targets.AtMost(1.15), targets.NotMet},
		{8, targets.AtLeast(8), targets.Met},
		{7.9, targets.AtLeast(8), targets.NotMet},
		{1, targets.Exactly(1), targets.Met},
		{0, targets.Exactly(1), targets.NotMet},
		{100, targets.Bound{}, targets.Told},
	}
	for _, test := range tests {
		if got := (targets.Line{Value: test.value, Bound: test.bound}).Verdict(); got != test.want {
			t.Errorf("%v with the bound %q is %q, want %q", test.value, test.bound, got, test.want)
		}
	}
	if got := (targets.Line{Skipped: "no server", Bound: targets.Exactly(1)}).Verdict(); got != targets.Skipped {
		t.Errorf("a job that was not measured is %q", got)
	}
}
