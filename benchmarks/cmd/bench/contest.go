package main

import (
	"context"
	"fmt"
	"os"

	"github.com/larder-go/larder/benchmarks/contests"
	"github.com/larder-go/larder/benchmarks/report"
)

// contest measures what the report shows beside the targets.
func contest(ctx context.Context, f *report.Findings) (err error) {
	for _, step := range []struct {
		about string
		run   func() error
	}{
		{"reads of all caches", func() (err error) { f.Reads, err = contests.Reads(f.Effort); return err }},
		{"hit ratios", func() (err error) { f.Ratios, err = contests.HitRatios(f.Effort, false); return err }},
		{"hit ratios with a scan", func() (err error) { f.Scanned, err = contests.HitRatios(f.Effort, true); return err }},
		{"pages of all caches", func() (err error) { f.Hits, err = contests.Hits(ctx, f.Effort); return err }},
		{"requests per second", func() (err error) { f.Loads, err = contests.Loads(ctx, f.Effort); return err }},
		{"how larder grows", func() (err error) { f.Growths, err = contests.Growths(ctx, f.Effort); return err }},
		{"a hot page that expires", func() (err error) { f.Expiries, err = contests.Expiries(ctx, f.Effort); return err }},
	} {
		fmt.Fprintln(os.Stderr, step.about)
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.about, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
