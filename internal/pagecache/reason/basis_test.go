package reason

import (
	"strings"
	"testing"
)

// Every reason says whether it is the request's, the response's or the store's.
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

// Every reason has a name of its own, of lower-case letters and hyphens.
// RFC 9211, 2.8
func TestEveryReasonHasAName(t *testing.T) {
	seen := make(map[string]Reason)
	for r := None + 1; int(r) < len(Texts); r++ {
		name := r.String()
		if earlier, taken := seen[name]; taken || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("reason %d is %q, as is %d", r, name, earlier)
		}
		seen[name] = r
	}
}
