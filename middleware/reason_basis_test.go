package middleware

import "testing"

func TestEveryReasonHasABasis(t *testing.T) {
	for r := reasonNone + 1; int(r) < len(bases); r++ {
		if bases[r] == 0 {
			t.Errorf("nothing says what %q derives from", r)
		}
	}
	if reasonNone.isLasting() {
		t.Error("no reason at all is remembered")
	}
}
