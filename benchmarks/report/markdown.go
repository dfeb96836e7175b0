package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/benchmarks/contests"
	"github.com/larder-go/larder/benchmarks/targets"
)

// Markdown writes the page; the plots are in a folder beside it.
func Markdown(w io.Writer, f Findings, folder string) error {
	p := &page{w: w, folder: folder}
	p.heading(f)
	p.targets(f.Lines)
	p.reads(f)
	p.hitRatios(f)
	p.hits(f)
	p.loads(f)
	p.expiries(f)
	p.growths(f)
	return p.err
}

// page writes until the first error.
type page struct {
	w      io.Writer
	folder string
	err    error
}

func (p *page) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// row writes a row of a table.
func (p *page) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", "\\|")
	}
	p.printf("| %s |\n", strings.Join(cells, " | "))
}

func (p *page) header(cells ...string) {
	p.row(cells...)
	p.printf("%s|\n", strings.Repeat("|---", len(cells)))
}

func (p *page) plot(title, name string) { p.printf("\n![%s](%s/%s)\n", title, p.folder, name) }

func (p *page) heading(f Findings) {
	command := "make bench"
	if f.Effort == targets.Quick {
		command = "make bench-quick"
	}
	p.printf("# Measured on %s\n\n", f.When.UTC().Format(time.DateOnly))
	p.printf("Made by `%s` in %s. [How it is measured](README.md), and what the words mean.\n\n", command, f.Took.Round(time.Second))
	p.printf("%s, %d cores, %s, %s.\n\n", f.Machine.CPU, f.Machine.Cores, f.Machine.System, f.Machine.Go)
	for _, program := range f.Machine.Programs {
		p.printf("- %s\n", program)
	}
}

func (p *page) targets(lines []targets.Line) {
	met, notMet, skipped := count(lines)
	p.printf("\n## Targets\n\n%d met, %d not met, %d skipped.\n\n", met, notMet, skipped)
	p.header("", "job", "bound", "measured", "quartiles", "control", "")
	for _, l := range lines {
		p.row(l.Target, l.Job, l.Bound.String(), measured(l), quartiles(l), control(l), verdict(l))
	}
	known := costs(lines)
	if len(known) == 0 {
		return
	}
	p.printf("\nWhat stands between these and their bounds ([notes](notes.md)):\n\n")
	for _, cost := range known {
		p.printf("- %s: %s\n", cost.target, cost.text)
	}
}

func (p *page) reads(f Findings) {
	if len(f.Reads) == 0 {
		return
	}
	p.printf("\n## Reading from memory\n\n100 000 entries of 256 bytes that expire, each key as likely as any other. The ratio is to xsync's bare map.\n\n")
	p.header("cache", "version", "1 core", "to the map", "2 cores", "to the map", "allocations", "entries lost", "")
	for _, r := range slices.SortedFunc(slices.Values(f.Reads), func(a, b contests.Read) int { return cmp.Compare(a.One.Median, b.One.Median) }) {
		p.row(r.Rival.Name, f.Machine.Version(r.Rival.Module),
			r.OneOp.String(), fmt.Sprintf("%.2f", r.One.Median),
			r.TwoOp.String(), fmt.Sprintf("%.2f", r.Two.Median),
			fmt.Sprintf("%.0f", r.Allocations), percent(r.Lost), kind(r))
	}
	p.plot("time of a read", readPlot)
}

// kind says what a cache does not do, or does beside.
func kind(r contests.Read) string {
	switch {
	case r.Rival.Module == "" || !r.Rival.Evicts:
		return "not bounded"
	case r.Rival.Copies:
		return "copies the value"
	}
	return ""
}

func percent(part float64) string { return fmt.Sprintf("%.1f %%", 100*part) }

func (p *page) hitRatios(f Findings) {
	if len(f.Ratios) == 0 {
		return
	}
	p.printf("\n## What is kept\n\nHit ratio over a million keys read by Zipf's law (1.01), by the part of them for which there is room.\n\n")
	p.curves(f.Ratios)
	p.plot("hit ratio by capacity", ratioPlot)
	p.printf("\nThe same with a scan: every fifth read is of a key that is read once, and does not count.\n\n")
	p.curves(f.Scanned)
	p.plot("hit ratio by capacity, with a scan", scannedPlot)
}

func (p *page) curves(curves []contests.Curve) {
	if len(curves) == 0 {
		return
	}
	cells := []string{"cache"}
	for _, point := range curves[0].Points {
		cells = append(cells, percent(point.Capacity))
	}
	p.header(cells...)
	last := len(curves[0].Points) - 1
	for _, c := range slices.SortedStableFunc(slices.Values(curves), func(a, b contests.Curve) int { return cmp.Compare(b.Points[last].Hits, a.Points[last].Hits) }) {
		cells := []string{c.Name}
		for _, point := range c.Points {
			cells = append(cells, percent(point.Hits))
		}
		p.row(cells...)
	}
}

func (p *page) hits(f Findings) {
	if len(f.Hits) == 0 {
		return
	}
	p.printf("\n## Pages over loopback\n\nA page of 1 KiB, to a net/http handler that is not cached. The requests per second are of eight connections.\n\n")
	p.header("cache", "version", "latency", "to no cache", "requests per second", "time to no cache's")
	for _, h := range f.Hits {
		if h.Skipped != nil {
			p.row(h.Rival.Name, "", h.Skipped.Error(), "", "", "")
			continue
		}
		p.row(h.Rival.Name, f.Machine.Version(h.Rival.Module), h.Op.Round(100*time.Nanosecond).String(), h.Latency.String(),
			fmt.Sprintf("%.0f", h.PerSecond), h.Busy.String())
	}
	p.plot("latency of a page", latencyPlot)
	p.plot("requests per second", perSecondPlot)
}

func (p *page) loads(f Findings) {
	if len(f.Loads) == 0 {
		return
	}
	p.printf("\n## Requests per second\n\nPages of 1 KiB over loopback, on eight connections, each cache with room for 10 000 of 100 000 pages. In brackets: the number to that of the handler " +
		"without a cache, and how many of the requests the cache answered.\n\n")
	cells := []string{"cache", "version"}
	for _, load := range f.Loads {
		cells = append(cells, load.Name)
	}
	p.header(cells...)
	for i, rate := range f.Loads[0].Rates {
		cells := []string{rate.Rival.Name, f.Machine.Version(rate.Rival.Module)}
		for _, load := range f.Loads {
			r := load.Rates[i]
			cells = append(cells, fmt.Sprintf("%.0f (%.2f, %s)", r.PerSecond, r.ToNoCache, percent(r.Hits)))
		}
		p.row(cells...)
	}
}

func (p *page) expiries(f Findings) {
	if len(f.Expiries) == 0 {
		return
	}
	p.printf("\n## A hot page expires\n\n32 clients ask again and again for a page that expires once a second and takes 200 ms to make.\n\n")
	p.header("cache", "requests", "runs of the handler", "requests blocked over 50 ms")
	for _, e := range f.Expiries {
		if e.Skipped != nil {
			p.row(e.Rival.Name, e.Skipped.Error(), "", "")
			continue
		}
		p.row(e.Rival.Name, fmt.Sprint(len(e.Visits)), fmt.Sprint(e.Runs), fmt.Sprint(e.Blocked))
	}
	p.plot("requests blocked around an expiry", expiryPlot)
}

func (p *page) growths(f Findings) {
	if len(f.Growths) == 0 {
		return
	}
	p.printf("\n## How larder grows\n\nIn memory; each line is one comparison.\n\n")
	p.header("with the number of", "cost of", "")
	for _, g := range f.Growths {
		points := make([]string, len(g.Points))
		for i, point := range g.Points {
			points[i] = fmt.Sprintf("%d: %v", point.N, point.Time)
		}
		p.row(g.Job, g.Per, strings.Join(points, ", "))
	}
}
