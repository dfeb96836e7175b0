//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grace is how long a command may take to end after SIGTERM.
const grace = 10 * time.Second

// runCommand runs a command and returns its exit code, as a shell would: 128
// and the number of the signal that ended it, 127 if it is not there. When ctx
// ends, so do the command and all of its process group: go test would leave the
// programs of the tests behind.
func runCommand(ctx context.Context, command, environment []string) (code int, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = grace

	err = cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			_ = signalGroup(cmd, syscall.SIGKILL) // fails when all have ended, as they should
		}
		return exitCode(ctx), nil
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 127, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return codeOf(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	return syscall.Kill(-cmd.Process.Pid, signal)
}
