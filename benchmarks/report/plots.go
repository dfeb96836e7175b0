package report

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"github.com/larder-go/larder/benchmarks/contests"
)

// The files of the plots.
const (
	readPlot      = "reads.svg"
	ratioPlot     = "hit-ratio.svg"
	scannedPlot   = "hit-ratio-scan.svg"
	latencyPlot   = "page-latency.svg"
	perSecondPlot = "page-requests.svg"
	expiryPlot    = "expiry.svg"
)

// Plots draws what was found into SVG files in folder.
func Plots(f Findings, folder string) error {
	draw := func(name string, make func() (*plot.Plot, error)) error {
		p, err := make()
		if p == nil || err != nil {
			return err
		}
		return p.Save(22*vg.Centimeter, 11*vg.Centimeter, filepath.Join(folder, name))
	}
	for _, d := range []struct {
		name string
		make func() (*plot.Plot, error)
	}{
		{readPlot, func() (*plot.Plot, error) { return reads(f.Reads) }},
		{ratioPlot, func() (*plot.Plot, error) { return curves("hit ratio by capacity", f.Ratios) }},
		{scannedPlot, func() (*plot.Plot, error) { return curves("hit ratio by capacity, with a scan", f.Scanned) }},
		{latencyPlot, func() (*plot.Plot, error) { return latencies(f.Hits) }},
		{perSecondPlot, func() (*plot.Plot, error) { return perSecond(f.Hits) }},
		{expiryPlot, func() (*plot.Plot, error) { return expiries(f.Expiries) }},
	} {
		if err := draw(d.name, d.make); err != nil {
			return err
		}
	}
	return nil
}

// bar is one bar of a chart; larder's is drawn in another colour.
type bar struct {
	name  string
	value float64
}

// bars draws bars, the shortest first.
func bars(title, unit string, all []bar) (*plot.Plot, error) {
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b bar) int { return cmp.Compare(a.value, b.value) })
	p := plot.New()
	p.Title.Text, p.X.Label.Text = title, unit
	names := make([]string, len(all))
	ours, others := make(plotter.Values, len(all)), make(plotter.Values, len(all))
	for i, b := range all {
		names[i] = b.name
		if b.name == "larder" {
			ours[i] = b.value
		} else {
			others[i] = b.value
		}
	}
	for i, values := range []plotter.Values{ours, others} {
		chart, err := plotter.NewBarChart(values, 12)
		if err != nil {
			return nil, err
		}
		chart.Horizontal, chart.LineStyle.Width, chart.Color = true, 0, plotutil.Color(i)
		p.Add(chart)
	}
	p.NominalY(names...)
	p.X.Min, p.X.Max = 0, 1.05*all[len(all)-1].value
	return p, nil
}

func reads(all []contests.Read) (*plot.Plot, error) {
	return bars("time of a read, 100 000 entries, one core", "ns", convert(all, func(r contests.Read) bar {
		return bar{r.Rival.Name, float64(r.OneOp)}
	}))
}

func latencies(hits []contests.Hit) (*plot.Plot, error) {
	return bars("a page of 1 KiB over loopback, one connection", "µs", convert(measuredHits(hits), func(h contests.Hit) bar {
		return bar{h.Rival.Name, h.Op.Seconds() * 1e6}
	}))
}

func perSecond(hits []contests.Hit) (*plot.Plot, error) {
	return bars("a page of 1 KiB over loopback, eight connections", "requests per second", convert(measuredHits(hits), func(h contests.Hit) bar {
		return bar{h.Rival.Name, h.PerSecond}
	}))
}

func measuredHits(hits []contests.Hit) []contests.Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h contests.Hit) bool { return h.Skipped != nil })
}

func convert[T any](all []T, to func(T) bar) []bar {
	out := make([]bar, len(all))
	for i, v := range all {
		out[i] = to(v)
	}
	return out
}

func curves(title string, all []contests.Curve) (*plot.Plot, error) {
	if len(all) == 0 {
		return nil, nil
	}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "capacity, % of the keys", "hits, %"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{}
	p.Legend.Top, p.Legend.Left = true, true
	for i, c := range all {
		points := make(plotter.XYs, len(c.Points))
		for j, point := range c.Points {
			points[j] = plotter.XY{X: 100 * point.Capacity, Y: 100 * point.Hits}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Dashes = plotutil.Color(i), plotutil.Dashes(i/len(plotutil.DefaultColors))
		if c.Name == "larder" {
			line.Width = vg.Millimeter
		}
		p.Add(line)
		p.Legend.Add(c.Name, line)
	}
	return p, nil
}

// expiryBin is the width of a bin of the plot of blocked requests.
const expiryBin = 20 * time.Millisecond

// expiries draws how many requests were waiting longer than 50 ms, over time.
func expiries(all []contests.Expiry) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "a page expires once a second and takes 200 ms to make: requests that are blocked"
	p.X.Label.Text, p.Y.Label.Text, p.Y.Min = "seconds", "of 32 clients", 0
	p.Legend.Top = true
	drawn := 0
	for _, e := range all {
		if len(e.Visits) == 0 {
			continue
		}
		line, err := plotter.NewLine(blocked(e))
		if err != nil {
			return nil, err
		}
		line.Color, line.StepStyle = plotutil.Color(drawn), plotter.PostStep
		p.Add(line)
		p.Legend.Add(e.Rival.Name, line)
		drawn++
	}
	if drawn == 0 {
		return nil, nil
	}
	return p, nil
}

// blocked counts, for each bin, the visits that last until its end and take
// longer than 50 ms in all: of each client one at most.
func blocked(e contests.Expiry) plotter.XYs {
	last := e.Visits[len(e.Visits)-1]
	points := make(plotter.XYs, int((last.At+last.Took)/expiryBin)+1)
	for i := range points {
		points[i].X = (time.Duration(i) * expiryBin).Seconds()
	}
	for _, v := range e.Visits {
		if v.Took <= 50*time.Millisecond {
			continue
		}
		for i := int(v.At / expiryBin); i < int((v.At+v.Took)/expiryBin); i++ {
			points[i].Y++
		}
	}
	return points
}
