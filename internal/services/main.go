//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/larder-go/larder/internal/subprocess"
)

func main() {
	show := flag.Bool("print", false, "print the settings to paste, also with a command")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: services [-print] [-- command args...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	code, err := run(flag.Args(), *show, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "services:", err)
	}
	os.Exit(code)
}

// run starts the servers, waits for the command or, without one, for the end of
// its context, and stops them. It returns the exit code. A command that would find all
// servers without it is only run.
func run(command []string, show bool, out io.Writer) (code int, err error) {
	ctx, stop := subprocess.UntilEnded()
	defer stop()
	if len(command) > 0 && areRunning() {
		return runCommand(ctx, command, nil)
	}
	servers, err := start(ctx)
	if err != nil {
		return subprocess.ExitCode(ctx), err
	}
	defer func() {
		if e := servers.close(); e != nil {
			code, err = max(code, 1), errors.Join(err, e)
		}
	}()
	if show || len(command) == 0 {
		if _, err := io.WriteString(out, servers.settings()); err != nil {
			return 1, err
		}
	}
	if len(command) == 0 {
		<-ctx.Done()
		return subprocess.ExitCode(ctx), nil
	}
	return runCommand(ctx, command, servers.environment())
}

// runCommand runs a command that finds servers in its environment.
func runCommand(ctx context.Context, command, servers []string) (code int, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), servers...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return subprocess.Run(ctx, cmd)
}
