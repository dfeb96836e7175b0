//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// startScript starts a shell script as a server.
func startScript(t *testing.T, dir, script string) (*process, error) {
	return start(t.Context(), dir, "server", "listening on ", []string{"WHERE=there"}, "sh", "-c", script)
}

func TestAServerIsThereWhenItSaysWhere(t *testing.T) {
	dir := t.TempDir()
	p, err := startScript(t, dir, `echo first; echo "listening on $WHERE"; echo more; exec sleep 60`)
	if err != nil {
		t.Fatal(err)
	}
	if p.said != "there" {
		t.Errorf("it says %q", p.said)
	}
	if err := p.close(); err != nil {
		t.Errorf("close = %v", err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "server.log"))
	if err != nil || !strings.HasPrefix(string(log), "first\nlistening on there\n") {
		t.Errorf("its log is %q, %v", log, err)
	}
}

func TestAServerThatEndsAtOnceIsAnError(t *testing.T) {
	dir := t.TempDir()
	_, err := startScript(t, dir, "echo wrong >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "server.log") {
		t.Errorf("start = %v", err)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "server.log")); err != nil || string(log) != "wrong\n" {
		t.Errorf("its log is %q, %v", log, err)
	}
}

func TestAServerThatFailsWhenItIsStoppedIsAnError(t *testing.T) {
	p, err := startScript(t, t.TempDir(), `trap 'exit 4' TERM; echo "listening on $WHERE"; while :; do sleep 0.01; done`)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err == nil || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("close = %v", err)
	}
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	if _, err := start(t.Context(), t.TempDir(), "server", "", nil, "no-such-program"); err == nil {
		t.Error("start = nil")
	}
}
