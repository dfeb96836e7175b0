package guards_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// budgets are the instructions that a hit takes, as counted on linux/amd64 with
// the toolchain that builds this module. Who makes a path shorter lowers its
// budget; who has to make it longer raises it, and says why in the commit.
var budgets = map[string]float64{
	"bytes":    1250, // GetBytes of a shared value from memory
	"struct":   1315, // typed Get of a native struct from memory
	"getorset": 1320, // GetOrSet of the same, a hit
	"page":     3880, // CachePage, 1 KiB from memory; a handler that sets three fields takes 3000
	"variant":  4630, // the same of a page that varies on Accept-Encoding
	"whole":    3900, // the first directly within a Lifecycle
}

// margin is what compilers and processors may differ by: an instruction set that
// is not there makes other code of the same source. Two runs on one machine
// differ by less than a hundredth.
const margin = 0.10

func TestHitPathsTakeNoMoreInstructionsThanTheyDid(t *testing.T) {
	testserver.Require(t, "valgrind")
	program := filepath.Join(t.TempDir(), "hits")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./hits").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for path, budget := range budgets {
		t.Run(path, func(t *testing.T) {
			const hits = 5000
			// What starting costs falls out of the difference.
			few, many := instructions(t, program, path, hits), instructions(t, program, path, 3*hits)
			each := float64(many-few) / (2 * hits)
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

var collected = regexp.MustCompile(`Collected : (\d+)`)

// instructions returns how many the program executes for so many hits on a path.
func instructions(t *testing.T, program, path string, hits int) int64 {
	t.Helper()
	valgrind, err := launch.Find("valgrind")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", program, path, fmt.Sprint(hits))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := collected.FindSubmatch(out)
	if found == nil {
		t.Fatalf("valgrind does not say how many instructions there were:\n%s", out)
	}
	n, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
