// Command compare counts the instructions of the hit paths at another commit and
// in this tree, in one run, and fails if a path takes more of them than its bound
// allows.
//
//	go run ./guards/compare -base COMMIT [-only bytes,gin]
//
// Both are built from this tree's source of guards/hits, each with the
// dependencies of its own commit. `make guards BASE=COMMIT` starts the servers
// that the networked paths need.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/larder-go/larder/benchmarks/guards"
)

// guard is a path with the ratio of now to base that it may have.
type guard struct {
	path   string
	bound  float64
	hits   int
	rounds int // of which the median counts
}

// Two counts of a path in memory differ by less than a hundredth. Those of a
// networked path differ by some hundredths, as the reply comes sooner or later
// than the scheduler looks for it; and a checksum of what was fetched is expected
// to cost something, since the envelope has one.
const (
	boundMemory    = 1.03
	boundNetworked = 1.15
)

func all() (paths []guard) {
	for _, path := range []string{"bytes", "struct", "getorset", "page", "variant", "whole", "mux", "gin", "echo"} {
		paths = append(paths, guard{path: path, bound: boundMemory, hits: 2500, rounds: 1})
	}
	for _, path := range []string{"redis-bytes", "redis-page", "memcached-bytes", "memcached-page"} {
		paths = append(paths, guard{path: path, bound: boundNetworked, hits: 300, rounds: 5})
	}
	return paths
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	base := flags.String("base", "", "`commit` to compare with")
	only := flags.String("only", "", "comma-separated `paths` to compare, of all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *base == "" {
		return errors.New("-base is required: the commit to compare with")
	}
	paths := all()
	if *only != "" {
		wanted := strings.Split(*only, ",")
		paths = slices.DeleteFunc(paths, func(g guard) bool { return !slices.Contains(wanted, g.path) })
	}
	programs, remove, err := build(ctx, *base)
	if err != nil {
		return err
	}
	defer remove()
	return compare(ctx, paths, programs, out)
}

// compare counts each path in both programs, prints a line for each, and returns
// an error that names those over their bounds.
func compare(ctx context.Context, paths []guard, programs pair, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "path\tbase\tnow\tratio\tbound\t")
	var over []string
	for _, g := range paths {
		base, now, err := g.count(ctx, programs)
		if err != nil {
			return err
		}
		verdict := ""
		if now/base > g.bound {
			verdict = "OVER"
			over = append(over, g.path)
		}
		fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%.3f\t%.2f\t%s\n", g.path, base, now, now/base, g.bound, verdict)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(over) > 0 {
		return fmt.Errorf("over the bound: %s", strings.Join(over, ", "))
	}
	return nil
}

// count returns the instructions of a hit in each program, in turns.
func (g guard) count(ctx context.Context, programs pair) (base, now float64, err error) {
	var bases, nows []float64
	for range g.rounds {
		b, err := guards.Each(ctx, programs.base, g.path, g.hits)
		if err != nil {
			return 0, 0, err
		}
		n, err := guards.Each(ctx, programs.now, g.path, g.hits)
		if err != nil {
			return 0, 0, err
		}
		bases, nows = append(bases, b), append(nows, n)
	}
	return median(bases), median(nows), nil
}

// median returns the middle one of an odd number of counts.
func median(counts []float64) float64 {
	slices.Sort(counts)
	return counts[len(counts)/2]
}

// pair is the program hits of each commit.
type pair struct{ base, now string }

// build builds both programs. remove removes them and the checkout of base.
func build(ctx context.Context, base string) (programs pair, remove func(), err error) {
	dir, err := os.MkdirTemp("", "larder-guards-*")
	if err != nil {
		return pair{}, nil, err
	}
	tree := filepath.Join(dir, "base")
	remove = func() {
		_ = git(context.WithoutCancel(ctx), "worktree", "remove", "--force", tree)
		_ = os.RemoveAll(dir)
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	if err := git(ctx, "worktree", "add", "--detach", tree, base); err != nil {
		return pair{}, nil, err
	}
	hits := filepath.Join(tree, "benchmarks", "guards", "hits")
	if err := errors.Join(os.RemoveAll(hits), os.CopyFS(hits, os.DirFS("guards/hits"))); err != nil {
		return pair{}, nil, err
	}
	programs = pair{filepath.Join(dir, "hits-base"), filepath.Join(dir, "hits-now")}
	// The module of base may lack what only hits requires: that is added to it.
	err = guards.Build(ctx, filepath.Join(tree, "benchmarks"), programs.base, "-mod=mod")
	if err == nil {
		err = guards.Build(ctx, ".", programs.now)
	}
	return programs, remove, err
}
