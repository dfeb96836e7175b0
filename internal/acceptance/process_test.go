package acceptance_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
)

// Environment variables that make a process of the test binary a child.
const (
	roleVariable = "LARDER_ACCEPTANCE_ROLE"
	urlVariable  = "LARDER_ACCEPTANCE_URL"
)

// role is what a program does with its cache. It returns what the test wants to
// know.
type role func(ctx context.Context, c cache.Cache) (report, error)

var roles = map[string]role{
	"count": count,
	"add":   add,
	"write": write,
	"read":  read,
}

// report is what a role has to tell.
type report struct {
	Counted []int64        // the results of Incr
	Refused int            // how often Incr returned ErrOverflow or ErrNotInteger
	Won     map[string]int // how often Add stored the key
	Woken   int            // how often threads were woken while the program was idle
}

// runChild is main of a child. It opens its cache, says so, waits until it may
// begin, and prints the report.
func runChild(name, address string) error {
	config, err := parse(address)
	if err != nil {
		return err
	}
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: config})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := h.Open(ctx); err != nil {
		return err
	}
	fmt.Println("ready")
	if name == workerRole {
		return work(ctx, h)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	r, err := roles[name](ctx, h.Proxy(cache.DefaultAlias))
	if err != nil {
		return err
	}
	if err := h.Shutdown(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// child is a process that has opened its cache.
type child struct {
	name   string
	cmd    *exec.Cmd
	input  io.WriteCloser // closing it lets a role begin, and a worker end
	output *bufio.Reader
}

// spawn starts a child, and returns when it could begin.
func spawn(t *testing.T, name, address string) *child {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable)
	cmd.Env = append(os.Environ(), roleVariable+"="+name, urlVariable+"="+address,
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
	c := &child{name: name, cmd: cmd, input: stdin, output: bufio.NewReader(stdout)}
	if line, err := c.output.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s began with %q, %v", name, line, err)
	}
	return c
}

func (c *child) begin(t *testing.T) {
	t.Helper()
	if err := c.input.Close(); err != nil {
		t.Fatal(err)
	}
}

// report waits for the end of the child.
func (c *child) report(t *testing.T) (r report) {
	t.Helper()
	text, err := io.ReadAll(c.output)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%s printed %q: %v", c.name, text, err)
	}
	return r
}

// inAnotherProcess has a role played in a process of its own.
func inAnotherProcess(t *testing.T, name, address string) report {
	t.Helper()
	c := spawn(t, name, address)
	c.begin(t)
	return c.report(t)
}

// processes play a role at the same time.
const processes = 2

// together has a role played by processes at the same time, or in goroutines of
// this one where others would not find the entries of c, the cache at address.
func together(t *testing.T, b testbackends.Backend, name, address string, c cache.Cache) []report {
	t.Helper()
	if b.Private {
		return inGoroutines(t, roles[name], c)
	}
	children := make([]*child, processes)
	for i := range children {
		children[i] = spawn(t, name, address)
	}
	for _, c := range children {
		c.begin(t)
	}
	reports := make([]report, processes)
	for i, c := range children {
		reports[i] = c.report(t)
	}
	return reports
}

func inGoroutines(t *testing.T, play role, c cache.Cache) []report {
	t.Helper()
	reports := make([]report, processes)
	err := concurrently(processes, func(i int) (err error) {
		reports[i], err = play(t.Context(), c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return reports
}
