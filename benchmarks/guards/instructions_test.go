package guards_test

import (
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/benchmarks/guards"
	"github.com/larder-go/larder/internal/testserver"
)

// budgets are the instructions that a hit or a miss takes, as counted on linux/amd64 with
// the toolchain that builds this module. Who makes a path shorter lowers its
// budget; who has to make it longer raises it, and says why in the commit.
var budgets = map[string]float64{
	"bytes":    1250, // GetBytes of a shared value from memory
	"struct":   1315, // typed Get of a native struct from memory
	"getorset": 1320, // GetOrSet of the same, a hit
	"page":     3880, // CachePage, 1 KiB from memory; a handler that sets three fields takes 3000
	"variant":  4630, // the same of a page that varies on Accept-Encoding
	"whole":    3900, // the first directly within a Lifecycle

	// Misses. Of that of a page, 39 000 are SHA-256, for which most processors have an
	// instruction that valgrind has not.
	"load":        27_300,  // GetOrSet that loads a struct of two fields
	"missed-page": 105_200, // CachePage of 1 KiB that nobody has asked for, within a Lifecycle
}

// margin is what compilers and processors may differ by: an instruction set that
// is not there makes other code of the same source. Two runs on one machine
// differ by less than a hundredth.
const margin = 0.10

func TestHitPathsTakeNoMoreInstructionsThanTheyDid(t *testing.T) {
	testserver.Require(t, "valgrind")
	program := filepath.Join(t.TempDir(), "hits")
	if err := guards.Build(t.Context(), "..", program); err != nil {
		t.Fatal(err)
	}
	for path, budget := range budgets {
		t.Run(path, func(t *testing.T) {
			each, err := guards.Each(t.Context(), program, path, 5000)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.0f instructions, and the budget is %.0f", each, budget)
			switch {
			case each > budget*(1+margin):
				t.Errorf("a hit takes %.0f instructions, %+.0f %% of the budget of %.0f", each, 100*(each/budget-1), budget)
			case each < budget*(1-margin):
				t.Errorf("a hit takes %.0f instructions, %+.0f %% of the budget of %.0f: lower it, so that the gain stays", each, 100*(each/budget-1), budget)
			}
		})
	}
}
