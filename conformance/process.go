package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// grace is how long a program may take to end when it is told to.
const grace = 15 * time.Second

// process is a program that the run has started.
type process struct {
	name  string
	said  string // what followed the marker in its output
	cmd   *exec.Cmd
	stop  context.CancelFunc
	ended <-chan struct{} // closed when its output has ended
	log   *os.File
}

// start starts a program and returns when it has written a line with marker,
// which is how servers tell where they listen. All that it writes goes into the
// file NAME.log in dir. It ends with ctx, at the latest.
func start(ctx context.Context, dir, name, marker string, env []string, command ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), log.Close())
	}
	ended := make(chan struct{})
	p := &process{name: name, cmd: cmd, stop: stop, ended: ended, log: log}
	said := make(chan string, 1)
	go func() {
		defer close(ended)
		copyUntil(log, stdout, marker, said)
	}()
	select {
	case p.said = <-said:
		return p, nil
	case <-ended:
		return nil, errors.Join(fmt.Errorf("%s has ended before it listened: see %s", name, log.Name()), p.close())
	}
}

// copyUntil copies lines, and sends what follows marker in the first that has
// it.
func copyUntil(to io.Writer, from io.Reader, marker string, said chan<- string) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(to, line) // a log that is not complete stops no test
		if _, after, found := strings.Cut(line, marker); found && said != nil {
			said <- strings.TrimSpace(after)
			said = nil
		}
		if err != nil {
			return
		}
	}
}

// close tells the program to end and waits until it has. That it ends by the
// signal is no error; that it fails by itself is one.
func (p *process) close() error {
	p.stop()
	<-p.ended
	err := p.cmd.Wait()
	if p.cmd.ProcessState.ExitCode() <= 0 {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: see %s", p.name, err, p.log.Name())
	}
	return errors.Join(err, p.log.Close())
}
