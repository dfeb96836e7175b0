//go:build unix

package subprocess

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// signalled is why a program ends before its command does.
type signalled struct{ syscall.Signal }

func (s signalled) Error() string { return s.String() }

// errAlone is the other reason.
var errAlone = errors.New("the program that started this one is gone")

// UntilEnded returns a context that ends with the first signal that asks for
// the end of this program, or when the program that started it is gone. SIGPIPE is
// among them: it comes when nobody reads the output any more. Further signals do
// nothing: they must not interrupt the stopping of the servers.
func UntilEnded() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		parent := os.Getppid()
		look := time.NewTicker(200 * time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				cancel(signalled{s.(syscall.Signal)})
			case <-look.C:
				if os.Getppid() != parent {
					cancel(errAlone)
				}
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// ExitCode returns the exit code for a context of [UntilEnded]: that of the
// signal that ended it, or 1.
func ExitCode(ctx context.Context) int {
	var s signalled
	if errors.As(context.Cause(ctx), &s) {
		return codeOf(s.Signal)
	}
	return 1
}

// codeOf returns the exit code that shells give to a program that a signal
// ended.
func codeOf(s syscall.Signal) int { return 128 + int(s) }
