//go:build unix

// The command steps runs targets of the Makefile, several at once:
//
//	go run ./internal/steps [-at-once 2] TARGET...
//
// They start in the order given. What a target prints is shown when it has ended, in one
// piece, and at the end a table tells where the time went. After a failure no other target
// starts, and those that run come to their ends, so that their
// results are known. The exit code is 1 if a target has failed.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/larder-go/larder/internal/subprocess"
)

func main() {
	atOnce := flag.Int("at-once", 2, "how many targets run at the same time")
	program := flag.String("make", "make", "the program that is called with a target")
	flag.Parse()
	ctx, stop := subprocess.UntilEnded()
	code := run(ctx, *atOnce, makes(*program), flag.Args(), os.Stdout)
	stop()
	os.Exit(code)
}

// makes runs a target with a program.
func makes(program string) func(context.Context, string) result {
	return func(ctx context.Context, target string) result {
		out, err := os.CreateTemp("", "larder-steps-")
		if err != nil {
			return result{code: 1, out: failed(err)}
		}
		defer os.Remove(out.Name()) // it stays open for who reads it
		cmd := exec.CommandContext(ctx, program, target)
		cmd.Stdout, cmd.Stderr = out, out
		begin := time.Now()
		code, err := subprocess.Run(ctx, cmd)
		r := result{code: code, out: out, took: time.Since(begin)}
		if cmd.ProcessState != nil {
			r.processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
		if err != nil {
			fmt.Fprintln(out, err)
		}
		if _, err := out.Seek(0, io.SeekStart); err != nil {
			return result{code: 1, out: failed(err)}
		}
		return r
	}
}
