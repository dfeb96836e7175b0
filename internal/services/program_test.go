//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testserver"
)

// asServices makes this test program be services.
const asServices = "LARDER_TEST_AS_SERVICES"

// raceOptions spares a program that was built with the race detector its wait
// of a second for reports at the end.
const raceOptions = "GORACE=atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	if os.Getenv(asServices) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is a services program, run by a shell.
type program struct {
	shell *exec.Cmd
	out   *bufio.Reader
	tmp   string // its folder for temporary files
}

// newProgram starts a shell script in which "$@" is the services program with
// the arguments.
func newProgram(t *testing.T, script string, args ...string) *program {
	t.Helper()
	testserver.Require(t, "redis-server", "memcached", "initdb", "postgres")
	tmp, err := os.MkdirTemp("", "larder-services-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o755); err != nil { // the servers are other users'
		t.Fatal(err)
	}
	shell := exec.Command("sh", append([]string{"-c", script, "sh", os.Args[0]}, args...)...)
	shell.Env = append(withoutServers(os.Environ()), asServices+"=1", "TMPDIR="+tmp, raceOptions)
	shell.Stderr = os.Stderr
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shell.Process.Kill() })
	return &program{shell: shell, out: bufio.NewReader(out), tmp: tmp}
}

// withoutServers is an environment that names no servers, whatever started the tests.
func withoutServers(environment []string) []string {
	return slices.DeleteFunc(environment, func(variable string) bool { return strings.HasPrefix(variable, "LARDER_TEST_") })
}

// readTo returns the output up to the line that starts with last.
func (p *program) readTo(t *testing.T, last string) string {
	t.Helper()
	var said strings.Builder
	for {
		line, err := p.out.ReadString('\n')
		said.WriteString(line)
		if strings.HasPrefix(line, last) {
			return said.String()
		}
		if err != nil {
			t.Fatalf("the output ends before %q: %v\n%s", last, err, &said)
		}
	}
}

// end returns the exit code, and the output that was not yet read, which has
// ended: no process has it open any more.
func (p *program) end(t *testing.T) (code int, rest string) {
	t.Helper()
	said, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.shell.Wait() // the code says it
	return p.shell.ProcessState.ExitCode(), string(said)
}

var loopbackAddr = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// addrs returns the addresses of the three servers in the settings.
func addrs(t *testing.T, settings string) []string {
	t.Helper()
	found := loopbackAddr.FindAllString(settings, 3)
	if len(found) < 3 {
		t.Fatalf("the settings lack addresses:\n%s", settings)
	}
	return found
}

// waitForFolders waits until so many servers have their folders.
func (p *program) waitForFolders(t *testing.T, count int) {
	t.Helper()
	testserver.Await(t, func(context.Context) error {
		folders, err := os.ReadDir(p.tmp)
		if err == nil && len(folders) < count {
			err = fmt.Errorf("%d folders", len(folders))
		}
		return err
	})
}

// wantGone fails the test unless nobody listens on the addresses and no folder
// of a server is left.
func (p *program) wantGone(t *testing.T, addrs []string) {
	t.Helper()
	for _, addr := range addrs {
		if err := refused(addr); err != nil {
			t.Error(err)
		}
	}
	left, err := os.ReadDir(p.tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("folders that are left: %v, error %v", left, err)
	}
}

func refused(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return nil
	}
	return fmt.Errorf("a server still answers at %s, error of closing %v", addr, conn.Close())
}
