package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/e2e/soak/measure"
)

// markdown returns the report. It names nothing that is this machine's own.
func (r *result) markdown() string {
	var b strings.Builder
	r.writeVerdict(&b)
	r.writeFaults(&b)
	r.writeSizes(&b)
	r.writeLatencies(&b)
	return b.String()
}

func (r *result) writeVerdict(b *strings.Builder) {
	fmt.Fprintf(b, "# Soak\n\n%s, `make soak MINUTES=%g`: %s of data and pages on all backends in one process, whose servers were broken one after the other.\n\n",
		r.Date.Format(time.DateOnly), r.Plan.length.Minutes(), r.Length.Round(time.Second))
	for _, line := range r.Machine {
		fmt.Fprintf(b, "- %s\n", line)
	}
	t := r.Totals
	fmt.Fprintf(b, "\n%d operations on data, of which %d failed while their server was broken, and %d visits of pages, none of which may fail. ", t.operations, t.failed, t.visits)
	if len(r.Problems) == 0 {
		b.WriteString("No answer was wrong, every error was a documented one, each backend recovered by itself, the process did not grow, and nothing was left at the end.\n")
		return
	}
	b.WriteString("**It failed:**\n\n")
	for _, problem := range r.Problems {
		fmt.Fprintf(b, "- %s\n", strings.ReplaceAll(problem, "\n", "\n  "))
	}
}

func (r *result) writeFaults(b *strings.Builder) {
	b.WriteString("\n## Faults\n\n")
	fmt.Fprintf(b, "Each lasted %s. A backend has recovered when %d operations in a row have ended well, by all workers, and %d pages have come from its cache again; "+
		"the time is from the end of the fault, and that of a server that was killed begins when the new one answers.\n\n",
		r.Plan.fault, recoveredData, recoveredPages)
	b.WriteString("| server | was | times | slowest recovery |\n|---|---|---:|---:|\n")
	for _, f := range r.recoveries() {
		fmt.Fprintf(b, "| %s | %s | %d | %s |\n", f.backend, f.fault, f.times, rounded(f.longest))
	}
}

// shown is how many samples the report has at most.
const shown = 12

func (r *result) writeSizes(b *strings.Builder) {
	b.WriteString("\n## Size of the process\n\n")
	fmt.Fprintf(b, "%d samples were taken, in the calms; these are spread over the run. The clients, the server of the pages, the proxies and the caches "+
		"are all in it. The goroutines are without those of toxiproxy, which leaves some behind.\n\n", len(r.Samples))
	b.WriteString("| after | heap, MiB | goroutines | open files |\n|---:|---:|---:|---:|\n")
	for i := range min(shown, len(r.Samples)) {
		s := r.Samples[i*(len(r.Samples)-1)/max(min(shown, len(r.Samples))-1, 1)]
		fmt.Fprintf(b, "| %s | %.1f | %d | %d |\n", s.At.Round(time.Second), s.MiB(), s.Goroutines, s.Files)
	}
}

func (r *result) writeLatencies(b *strings.Builder) {
	b.WriteString("\n## Latencies\n\nThe load is paced and the machine did the clients' and the servers' work too, so these times are noisy and say little about speed: " +
		"that is for `make bench`. They show what a fault costs. Under *broken* is what began or ended while the backend was broken or recovering.\n\n" +
		"A visit is over when the client has checked the last byte. *made* is a page that the handler has made, and *one user's* one that no cache may keep. Those on data are of one call.\n")
	var backend string
	for _, e := range r.Entries {
		if e.Backend != backend {
			backend = e.Backend
			fmt.Fprintf(b, "\n### %s\n\n| | | count | errors | p50 | p90 | p99 | p99.9 | max |\n|---|---|---:|---|---:|---:|---:|---:|---:|\n", backend)
		}
		fmt.Fprintf(b, "| %s | %s | %d | %s | %s | %s | %s | %s | %s |\n", e.Op, state(e), e.Count, kinds(e),
			rounded(e.P50), rounded(e.P90), rounded(e.P99), rounded(e.P999), rounded(e.Max))
	}
}

func state(e measure.Entry) string {
	if e.Broken {
		return "broken"
	}
	return "calm"
}

// kinds lists the errors of an entry.
func kinds(e measure.Entry) string {
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(e.Errors)) {
		list = append(list, fmt.Sprintf("%d %s", e.Errors[kind], kind))
	}
	return strings.Join(list, ", ")
}

// rounded cuts a time to two or three digits, as exact as it is known.
func rounded(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}
