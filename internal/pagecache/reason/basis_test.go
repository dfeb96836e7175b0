package reason

import "testing"

func TestEveryReasonHasABasis(t *testing.T) {
	for r := None + 1; int(r) < len(bases); r++ {
		if bases[r] == 0 {
			t.Errorf("nothing says what %q derives from", r)
		}
	}
	if None.IsLasting() {
		t.Error("no reason at all is remembered")
	}
}
