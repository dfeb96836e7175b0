package report

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/larder-go/larder/benchmarks/targets"
)

// Table writes the lines as a table of text.
func Table(w io.Writer, lines []targets.Line) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "target\tjob\tbound\tmeasured\tquartiles\tcontrol\t")
	for _, l := range lines {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Target, l.Job, l.Bound, measured(l), quartiles(l), control(l), verdict(l))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	met, notMet, skipped := count(lines)
	_, err := fmt.Fprintf(w, "\n%d met, %d NOT MET, %d skipped\n", met, notMet, skipped)
	for _, cost := range costs(lines) {
		fmt.Fprintf(w, "%s: %s\n", cost.target, cost.text)
	}
	return err
}

// cost is what stands between a target and its bounds.
type cost struct{ target, text string }

// costs returns what is known of the targets that are not met.
func costs(lines []targets.Line) (known []cost) {
	for _, l := range lines {
		c := cost{l.Target, targets.Costs(l.Target)}
		if l.Verdict() == targets.NotMet && c.text != "" && !slices.Contains(known, c) {
			known = append(known, c)
		}
	}
	return known
}

func count(lines []targets.Line) (met, notMet, skipped int) {
	for _, l := range lines {
		switch l.Verdict() {
		case targets.Met:
			met++
		case targets.NotMet:
			notMet++
		case targets.Skipped:
			skipped++
		}
	}
	return met, notMet, skipped
}

func measured(l targets.Line) string {
	if l.Skipped != "" {
		return l.Skipped
	}
	return l.Unit.Format(l.Value)
}

func quartiles(l targets.Line) string {
	if l.Ratio == nil {
		return ""
	}
	return fmt.Sprintf("%.3f-%.3f", l.Ratio.Low, l.Ratio.High)
}

func control(l targets.Line) string {
	if l.Control == nil {
		return ""
	}
	return fmt.Sprintf("%.3f", l.Control.Median)
}

// verdict marks what is not to be believed.
func verdict(l targets.Line) string {
	verdict := string(l.Verdict())
	if l.Control != nil && !l.Sure {
		verdict += " (unsure: the control is off)"
	}
	return verdict
}
