package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// stopLimit is how long a server may take to end before it is killed.
const stopLimit = 10 * time.Second

// Command is a server that can be started.
type Command struct {
	Program string   // its name, as for Find
	Args    []string // relative paths are relative to the folder of the process
	Ports   []*Port  // it will listen on; they belong to the process from Start on
	Socket  string   // or the name of a unix socket in its folder

	// User runs the program when this process is root's, and owns its folder.
	// Otherwise the user of this process does.
	User string

	// Prepare is called once, before the first start, with the new and empty
	// folder. nil prepares nothing.
	Prepare func(ctx context.Context, dir string) error

	// Ready returns nil once the server answers at addr. If it is nil, the
	// server counts as ready when it has been started.
	Ready func(ctx context.Context, addr string) error

	Quit  os.Signal // ends the server in good order; SIGTERM if nil
	Crash os.Signal // ends it at once; SIGKILL if nil
}

// addr returns where the server will listen: at the first of its ports, or at
// its socket.
func (c Command) addr(dir string) string {
	if len(c.Ports) > 0 {
		return c.Ports[0].Addr()
	}
	if c.Socket != "" {
		return filepath.Join(dir, c.Socket)
	}
	return ""
}

func (c Command) release() {
	for _, port := range c.Ports {
		port.Release()
	}
}

func (c Command) crash() os.Signal { return cmp.Or(c.Crash, os.Kill) }

// Process is a server that was started. Its methods are for one goroutine at a
// time.
type Process struct {
	command Command
	dir     string
	addr    string
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the program has ended
}

// Start starts a server and returns when it is ready. After 30 s, or at the end
// of ctx, it gives up and leaves nothing behind; the error quotes what the
// server last said. The error matches ErrNotInstalled if the program is not
// there.
func Start(ctx context.Context, command Command) (*Process, error) {
	dir, err := makeDir(command.User)
	if err != nil {
		command.release()
		return nil, err
	}
	p := &Process{command: command, dir: dir, addr: command.addr(dir)}
	if command.Prepare != nil {
		err = command.Prepare(ctx, dir)
	}
	if err == nil {
		err = p.Restart(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Restart stops the server if it is running, starts it again at the same address
// and with the same data, and returns when it is ready, as Start does.
func (p *Process) Restart(ctx context.Context) error {
	p.Stop()
	if err := p.launch(); err != nil {
		return err
	}
	if err := p.await(ctx); err != nil {
		p.Kill()
		return fmt.Errorf("%s at %s: %w\n%s", p.command.Program, p.addr, err, p.Log())
	}
	return nil
}

func (p *Process) launch() error {
	cmd, err := newCmd(context.Background(), p.dir, p.command) // it outlives whoever starts it
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("in %s: %w", p.dir, err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	p.cmd, p.exited = cmd, exited
	return nil
}

// await returns when the server is ready, or at once when it has ended.
func (p *Process) await(ctx context.Context) error {
	if p.command.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return Await(ctx, func(ctx context.Context) error {
		select {
		case <-p.exited:
			cancel()
			return fmt.Errorf("it ended with %s", p.cmd.ProcessState)
		default:
			return p.command.Ready(ctx, p.addr)
		}
	})
}

// Stop ends the server in good order and returns when it has ended; after 10 s
// it is killed. It does nothing when the server is not running.
func (p *Process) Stop() { p.end(cmp.Or[os.Signal](p.command.Quit, terminate)) }

// Kill ends the server as a crash would, and returns when it has ended. It does
// nothing when the server is not running.
func (p *Process) Kill() { p.end(p.command.crash()) }

func (p *Process) end(signal os.Signal) {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(signal) // fails only when it has ended
	select {
	case <-p.exited:
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// Close stops the server, removes its folder and releases its ports.
func (p *Process) Close() error {
	p.Stop()
	p.command.release()
	return os.RemoveAll(p.dir)
}

// Addr returns where the server listens: host:port or the path of a socket.
func (p *Process) Addr() string { return p.addr }

// Program returns the name of the program.
func (p *Process) Program() string { return p.command.Program }

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Dir returns the folder of the server, which is also its working directory.
func (p *Process) Dir() string { return p.dir }

// Log returns the end, at most 4 KiB, of what the server said on standard
// output and standard error.
func (p *Process) Log() string {
	const limit = 4 << 10
	said, err := os.ReadFile(p.logPath())
	if err != nil {
		return err.Error()
	}
	return string(said[max(0, len(said)-limit):])
}

func (p *Process) logPath() string { return filepath.Join(p.dir, "server.log") }
