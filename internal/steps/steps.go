//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// result is what came of a target.
type result struct {
	target    string
	code      int
	out       io.ReadCloser // what it printed
	took      time.Duration
	processor time.Duration // of it and of all that it started and waited for
}

// failed is the output of a target that could not be run.
func failed(err error) io.ReadCloser { return io.NopCloser(strings.NewReader(err.Error() + "\n")) }

// run runs the targets, so many at once, writes what they print and the table, and returns
// the exit code.
func run(ctx context.Context, atOnce int, perform func(ctx context.Context, target string) result, targets []string, w io.Writer) (code int) {
	begin := time.Now()
	ended := make(chan result)
	var results []result
	for running, next := 0, 0; ; {
		for code == 0 && ctx.Err() == nil && running < atOnce && next < len(targets) {
			target := targets[next]
			fmt.Fprintf(w, "==> %s starts\n", target)
			go func() {
				r := perform(ctx, target)
				r.target = target
				ended <- r
			}()
			running, next = running+1, next+1
		}
		if running == 0 {
			break
		}
		r := <-ended
		running--
		if r.code != 0 {
			code = 1
		}
		show(w, &r)
		results = append(results, r)
	}
	if code == 0 && len(results) < len(targets) {
		code = 1 // something has ended this program
	}
	tabulate(w, results, targets, time.Since(begin))
	return code
}

// show writes what a target has printed.
func show(w io.Writer, r *result) {
	fmt.Fprintf(w, "==> %s %s\n", r.target, r.outcome())
	if _, err := io.Copy(w, r.out); err != nil {
		fmt.Fprintln(w, err)
	}
	_ = r.out.Close() // it has been read
}

func (r *result) outcome() string {
	if r.code != 0 {
		return fmt.Sprintf("FAILED with exit code %d after %s", r.code, seconds(r.took))
	}
	return "passed after " + seconds(r.took)
}

// tabulate writes where the time went, the longest first, and which targets have not run.
func tabulate(w io.Writer, results []result, targets []string, took time.Duration) {
	slices.SortStableFunc(results, func(a, b result) int { return int(b.took - a.took) })
	fmt.Fprintf(w, "==> the time, and that of all processors\n")
	var processor time.Duration
	for _, r := range results {
		note := ""
		if r.code != 0 {
			note = "  FAILED"
		}
		fmt.Fprintf(w, "%7s %7s  %s%s\n", seconds(r.took), seconds(r.processor), r.target, note)
		processor += r.processor
	}
	for _, target := range targets[len(results):] {
		fmt.Fprintf(w, "%7s %7s  %s\n", "-", "-", target)
	}
	fmt.Fprintf(w, "%7s %7s  in all\n", seconds(took), seconds(processor))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }
