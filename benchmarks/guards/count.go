package guards

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// Build builds the program hits of the benchmarks module in dir, for [Each], with
// more flags for go build.
func Build(ctx context.Context, dir, program string, flags ...string) error {
	args := append([]string{"build", "-o", program}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./guards/hits")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s/guards/hits: %w\n%s", dir, err, out)
	}
	return nil
}

// Each returns how many instructions a hit on a path takes, as the difference
// between many hits and few of them: what starting costs falls out of it.
func Each(ctx context.Context, program, path string, hits int) (float64, error) {
	few, err := instructions(ctx, program, path, hits)
	if err != nil {
		return 0, err
	}
	many, err := instructions(ctx, program, path, 3*hits)
	return float64(many-few) / float64(2*hits), err
}

var collected = regexp.MustCompile(`Collected : (\d+)`)

// instructions returns how many the program executes for so many hits on a path.
func instructions(ctx context.Context, program, path string, hits int) (int64, error) {
	valgrind, err := launch.Find("valgrind")
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", program, path, strconv.Itoa(hits))
	// Without a collection from the beginning, since one would decide how much of the
	// memory has to be cleared before it is used again.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w\n%s", program, path, err, out)
	}
	found := collected.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("valgrind does not say how many instructions there were:\n%s", out)
	}
	return strconv.ParseInt(string(found[1]), 10, 64)
}
