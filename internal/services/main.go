//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
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
// its context, and stops them. It returns the exit code.
func run(command []string, show bool, out io.Writer) (code int, err error) {
	ctx, stop := untilEnded()
	defer stop()
	servers, err := start(ctx)
	if err != nil {
		return exitCode(ctx), err
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
		return exitCode(ctx), nil
	}
	return runCommand(ctx, command, servers.environment())
}
