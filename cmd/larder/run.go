package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/alecthomas/kong"
)

// commands are those of the command line. A command is a struct with its flags
// and arguments, and a method Run.
type commands struct {
	common

	Check            checkCommand  `cmd:"" help:"Check settings, and that every server answers, has its table and is new enough."`
	Createcachetable tableCommand  `cmd:"" help:"Make the tables of aliases on PostgreSQL."`
	Get              getCommand    `cmd:"" help:"Print a value."`
	Set              setCommand    `cmd:"" help:"Store a value."`
	Add              addCommand    `cmd:"" help:"Store a value if nothing is under the key."`
	Touch            touchCommand  `cmd:"" help:"Give an entry a new timeout."`
	Delete           deleteCommand `cmd:"" help:"Remove an entry."`
	Incr             incrCommand   `cmd:"" help:"Add to an integer and print the result."`
	Decr             decrCommand   `cmd:"" help:"Subtract from an integer and print the result."`
	Clear            clearCommand  `cmd:"" help:"Remove every entry of an alias."`
	Stats            statsCommand  `cmd:"" help:"Print what the servers of an alias count."`

	Explain explainCommand `cmd:"" help:"Ask a server why a page does or does not come from its cache."`
	Audit   auditCommand   `cmd:"" help:"Find out whether a page of a server is safe to cache."`
}

// common are the flags of every command.
type common struct {
	Settings string        `placeholder:"FILE" xor:"settings" help:"Read the caches from a JSON file."`
	URL      string        `placeholder:"URL" xor:"settings" help:"Use one cache, given by its URL, as \"default\". Without it and --settings the environment counts: LARDER_CACHE_DEFAULT=URL and the like."`
	Wait     time.Duration `default:"10s" help:"How long to wait for the backends, or for a server."`
	JSON     bool          `help:"Write results and errors as JSON."`
}

// session is what a command works with.
type session struct {
	common
	stdin  io.Reader
	out    output
	logger *slog.Logger
}

// run runs the command that args, which are without the program's name, say,
// and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// Until the arguments are understood, this is how to find out.
	out := newOutput(stdout, stderr, slices.Contains(args, "--json"))
	var (
		line   commands
		helped bool
	)
	parser, err := kong.New(&line,
		kong.Name("larder"),
		kong.Description("Inspect and manage the caches of a program."),
		kong.Writers(out.stdout, out.stderr),
		kong.Exit(func(int) { helped = true }), // it has printed the help
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // a mistake in the structs of this package
	}
	chosen, err := parser.Parse(args)
	switch {
	case helped:
		return exitDone
	case err != nil:
		return out.fail(parseError(err, args))
	case line.Wait <= 0:
		return out.fail(usageError(fmt.Sprintf("--wait is %v: it must be greater than zero", line.Wait)))
	}
	out.json = line.JSON
	err = chosen.Run(&session{line.common, stdin, out, out.logger()})
	if code := said(exitDone); err == nil || errors.As(err, &code) {
		return int(code)
	}
	return out.fail(err)
}
