//go:build unix

// Package subprocess runs the commands of programs that hold something for them, such as
// servers: whatever ends such a program ends its commands with all that they started.
package subprocess

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// grace is how long a command may take to end after SIGTERM.
const grace = 10 * time.Second

// Run runs a command of [exec.CommandContext] in a process group of its own, and returns its
// exit code, as a shell would: 128 and the number of the signal that ended it, 127 with an
// error if it is not there. When ctx, which is that of the command and of [UntilEnded],
// ends, so do the command and all of its process group: go test would leave the programs of
// the tests behind.
func Run(ctx context.Context, cmd *exec.Cmd) (code int, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = grace

	err = cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			endGroup(cmd)
		}
		return ExitCode(ctx), nil
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

// endGroup waits until the other processes of a command's group have ended as well, which may
// have commands of their own to end, and kills those that take too long.
func endGroup(cmd *exec.Cmd) {
	for deadline := time.Now().Add(grace); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if signalGroup(cmd, 0) != nil {
			return // there is none
		}
	}
	_ = signalGroup(cmd, syscall.SIGKILL) // fails when the last has ended
}

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	return syscall.Kill(-cmd.Process.Pid, signal)
}
