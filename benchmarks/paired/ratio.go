package paired

import (
	"fmt"
	"math"
	"slices"
)

// Ratio is how long a contestant takes for an operation, the floor being 1.
type Ratio struct {
	Name   string
	Median float64

	// A quarter of the rounds gave less than Low, a quarter more than High.
	Low, High float64

	// From and To enclose the true median with a probability of 95 %, if the
	// rounds are independent of each other.
	From, To float64
}

// String returns the median with the quartiles, such as "1.04 (1.01-1.09)".
func (r Ratio) String() string { return fmt.Sprintf("%.3f (%.3f-%.3f)", r.Median, r.Low, r.High) }

func newRatio(name string, times, floor []float64) Ratio {
	ratios := make([]float64, len(times))
	for i := range ratios {
		// A block that the clock did not see is as short as it can tell.
		ratios[i] = max(times[i], 1) / max(floor[i], 1)
	}
	ratios = sorted(ratios)
	r := Ratio{
		Name:   name,
		Median: quantile(ratios, 0.5),
		Low:    quantile(ratios, 0.25),
		High:   quantile(ratios, 0.75),
	}
	// The interval between two order statistics: how many of n values are below
	// the median has the binomial distribution, whatever that of the values.
	half := 0.98 * math.Sqrt(float64(len(ratios)))
	middle := float64(len(ratios)-1) / 2
	r.From = ratios[max(0, int(math.Floor(middle-half)))]
	r.To = ratios[min(len(ratios)-1, int(math.Ceil(middle+half)))]
	return r
}

func sorted(values []float64) []float64 {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}

// quantile returns the value below which the part q of sorted values lie,
// interpolated between its neighbours.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}
