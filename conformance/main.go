// Command conformance runs the public tests of HTTP caches, the npm package
// http-cache-tests, against examples/proxy and scores them as the suite itself
// does. It fails when a test that is not in expected.json does not pass, and
// when one that is there does.
//
//	make conformance
//	make conformance CACHE=redis://127.0.0.1:6379/0
//	make conformance TEST=freshness-max-age
//
// The last one runs one test and shows every message that is exchanged.
//
// The suite has three parts that talk to each other over loopback, on ports
// that are free at the time: an origin server, our proxy in front of it, and a
// client. What the run has started, it stops.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	suite    suite
	cache    string
	expected string
	test     string
	limit    time.Duration
}

func parseFlags(args []string) (c config, err error) {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.StringVar(&c.suite.dir, "suite", "", "`directory` of the npm package http-cache-tests")
	flags.StringVar(&c.cache, "cache", "memory://", "`URL` of the cache that the proxy uses")
	flags.StringVar(&c.expected, "expected", "conformance/expected.json", "`file` that says what need not pass")
	flags.StringVar(&c.test, "test", "", "`id` of the one test to run, showing its messages")
	flags.DurationVar(&c.limit, "timeout", 5*time.Minute, "how long all of it may take")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return c, c.suite.check()
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	c, err := parseFlags(args)
	if err != nil {
		return err
	}
	expected, err := readExpectations(c.expected)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	dir, err := os.MkdirTemp("", "larder-conformance-")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "results and logs are kept in %s\n", dir)
	b, err := setUp(ctx, c, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if c.test != "" {
		return c.suite.show(ctx, b.url(), c.test, out)
	}
	outcomes, err := c.suite.run(ctx, b.url(), dir)
	if err != nil {
		return err
	}
	return report(out, outcomes, expected)
}
