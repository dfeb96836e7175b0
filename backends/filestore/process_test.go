package filestore_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// process is a child: the test binary in another role.
type process struct {
	cmd    *exec.Cmd
	start  io.Closer     // closing it lets the child begin
	output *bufio.Reader // what the child reports
}

// spawn starts a child and waits until its store is open, so that children
// that are let begin together run together.
func spawn(t *testing.T, role, dir string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(executable)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir,
		"GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0") // by default a second
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, start: stdin, output: bufio.NewReader(stdout)}
	if line, err := p.output.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s began with %q, %v", role, line, err)
	}
	return p
}

// report waits for the end of the child and returns what it printed.
func (p *process) report() (string, error) {
	report, err := io.ReadAll(p.output)
	return string(report), errors.Join(err, p.cmd.Wait())
}

func (p *process) finish(t *testing.T) string {
	t.Helper()
	report, err := p.report()
	if err != nil {
		t.Fatalf("child: %v", err)
	}
	return report
}

func spawnAll(t *testing.T, n int, role, dir string) []*process {
	t.Helper()
	processes := make([]*process, n)
	for i := range processes {
		processes[i] = spawn(t, role, dir)
	}
	for _, p := range processes {
		if err := p.start.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return processes
}

// Processes that are killed while they write leave no torn entry.
func TestKilledWritersLeaveNothingTorn(t *testing.T) {
	const rounds, writers = 10, 3
	dir := t.TempDir()
	s := open(t, dir, writeOptions)
	random := rand.New(rand.NewPCG(3, 4))
	seen := 0
	for range rounds {
		for _, p := range spawnAll(t, writers, "write", dir) {
			if _, err := p.output.Discard(1 + random.IntN(40)); err != nil {
				t.Fatal(err)
			}
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = p.cmd.Wait() // reports the kill
		}
		for i := range writeKeys {
			key := fmt.Sprint(i)
			value, err := s.Get(t.Context(), []byte(key))
			switch {
			case err == nil && validValue(key, value):
				seen++
			case !errors.Is(err, driver.ErrNotFound):
				t.Fatalf("after a kill Get(%s) = %.40q, %v", key, value, err)
			}
		}
		if err := s.Audit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Error("the writers were killed before they wrote anything")
	}
	next := open(t, dir, writeOptions)
	for i := range writeKeys {
		set(t, next, fmt.Sprint(i), "v")
	}
	if temps := tempFiles(t, dir); len(temps) > 0 {
		t.Errorf("%d files of killed writers are left", len(temps))
	}
}

// Of several processes exactly one adds.
func TestExactlyOneProcessAdds(t *testing.T) {
	dir := t.TempDir()
	winners := make(map[string]int)
	for _, p := range spawnAll(t, 3, "add", dir) {
		for _, key := range strings.Fields(p.finish(t)) {
			winners[key]++
		}
	}
	for i := range addKeys {
		if n := winners[fmt.Sprint(i)]; n != 1 {
			t.Errorf("key %d was added %d times", i, n)
		}
	}
}

// Every increment of every process counts.
func TestEveryIncrementOfEveryProcessCounts(t *testing.T) {
	const processes = 3
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{})
	for i := range counters {
		set(t, s, fmt.Sprint(i), "0")
	}
	for _, p := range spawnAll(t, processes, "incr", dir) {
		p.finish(t)
	}
	for i := range counters {
		wantValue(t, s, fmt.Sprint(i), fmt.Sprint(processes*incrementers*increments))
	}
}

// The bounds hold under several processes.
func TestBoundsHoldUnderSeveralProcesses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, writeOptions)
	children := spawnAll(t, 3, "fill", dir)
	ended := make(chan error, len(children))
	for _, p := range children {
		t.Cleanup(func() { _ = p.cmd.Process.Kill() })
		go func() {
			_, err := p.report()
			ended <- err
		}()
	}
	for running := len(children); running > 0; {
		if err := s.Audit(t.Context()); err != nil {
			t.Fatal(err)
		}
		set(t, s, fmt.Sprint("parent", running), strings.Repeat("v", 1000*running))
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("child: %v", err)
			}
			running--
		default:
		}
	}
	if err := s.Audit(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(entryFiles(t, dir)); n < 10 {
		t.Errorf("only %d entries are left", n)
	}
}
