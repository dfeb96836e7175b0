// Command bench measures what larder promises about speed and compares it with
// its rivals. It prints a table and writes a report.
//
//	make bench
//	make bench-quick
//
// are how to run it: they start the servers that it needs. With -only P4,P6 it
// measures some of the targets and no more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/larder-go/larder/benchmarks/report"
	"github.com/larder-go/larder/benchmarks/targets"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	effort   targets.Effort
	only     []string
	out      string
	profiles profiles
}

func parseFlags(args []string) (config, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "take three minutes instead of seventeen")
	only := flags.String("only", "", "measure these `targets` alone, such as P4,P6, and write no report")
	out := flags.String("out", "", "`folder` for the report; none is written without it")
	var files profiles
	files.flags(flags)
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	c := config{effort: targets.Full, out: *out, profiles: files}
	if *quick {
		c.effort = targets.Quick
	}
	if *only != "" {
		c.only = strings.Split(*only, ",")
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return c, nil
}

func run(ctx context.Context, args []string) error {
	c, err := parseFlags(args)
	if err != nil {
		return err
	}
	chosen, err := choose(c.only)
	if err != nil {
		return err
	}
	stop, err := c.profiles.start()
	if err != nil {
		return err
	}
	err = measure(ctx, c, chosen)
	return errors.Join(err, stop())
}

// measure measures what was chosen, and writes the table and, if it is for one, the report.
func measure(ctx context.Context, c config, chosen []targets.Target) (err error) {
	f := report.Findings{When: time.Now(), Effort: c.effort, Machine: report.ThisMachine(ctx)}
	lab := &targets.Lab{Effort: c.effort, Tell: tell}
	if f.Lines, err = lab.Measure(ctx, chosen...); err != nil {
		return err
	}
	if c.out != "" && c.only == nil {
		if err := contest(ctx, &f); err != nil {
			return err
		}
		f.Took = time.Since(f.When)
		if err := write(f, c.out); err != nil {
			return err
		}
	}
	fmt.Println()
	return report.Table(os.Stdout, f.Lines)
}

func choose(only []string) ([]targets.Target, error) {
	all := targets.All()
	if only == nil {
		return all, nil
	}
	var chosen []targets.Target
	for _, name := range only {
		i := slices.IndexFunc(all, func(t targets.Target) bool { return t.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no target %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// tell shows that something goes on; the table comes at the end.
func tell(l targets.Line) {
	value := l.Skipped
	if value == "" {
		value = l.Unit.Format(l.Value)
	}
	fmt.Fprintf(os.Stderr, "%s %s: %s, %s\n", l.Target, l.Job, value, l.Verdict())
}

// write writes the page and its plots. They replace those of the last run: the page has
// its date, and older ones are in the history of the repository.
func write(f report.Findings, out string) (err error) {
	name := "report"
	if f.Effort == targets.Quick {
		name = "quick"
	}
	folder := filepath.Join(out, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := report.Plots(f, folder); err != nil {
		return err
	}
	path := folder + ".md"
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := report.Markdown(file, f, name); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stderr, "the report is", path)
	return err
}
