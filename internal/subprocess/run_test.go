//go:build unix

package subprocess

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script is a shell that runs text, in the command's way.
func script(ctx context.Context, text string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", append([]string{"-c", text, "sh"}, args...)...)
}

// The exit code of a command is that which a shell gives it.
func TestTheExitCodeIsThatOfAShell(t *testing.T) {
	for text, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -KILL $$": 128 + 9} {
		if code, err := Run(t.Context(), script(t.Context(), text)); code != want || err != nil {
			t.Errorf("%s: %d, %v", text, code, err)
		}
	}
	if code, err := Run(t.Context(), exec.CommandContext(t.Context(), "/no/such/command")); code != 127 || err == nil {
		t.Errorf("a command that is not there: %d, %v", code, err)
	}
}

// A process that the command has started gets the time to end what it has started itself, even
// if the command ends at once: go run is such a command.
func TestAllOfTheGroupHasTimeToEnd(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	ready, ended := filepath.Join(t.TempDir(), "ready"), filepath.Join(t.TempDir(), "ended")
	const slow = `trap 'sleep 0.2; echo ended >"$2"; exit' TERM; echo >"$1"; while :; do sleep 0.01; done`
	go func() {
		for {
			if _, err := os.Stat(ready); err == nil {
				cancel(signalled{syscall.SIGTERM})
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	code, err := Run(ctx, script(ctx, `sh -c "$3" sh "$1" "$2" & wait`, ready, ended, slow))
	if code != 128+15 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	if said, err := os.ReadFile(ended); err != nil || strings.TrimSpace(string(said)) != "ended" {
		t.Errorf("the process was killed before it could end: %q, %v", said, err)
	}
}
