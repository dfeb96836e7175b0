package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Counts are how the operations since the last [Traffic.Mark] have ended.
type Counts struct {
	OK     int            // without an error
	Hits   int            // reads that found something
	Misses int            // reads that did not
	Old    int            // hits on a value that was not the latest, where that is allowed
	Errors int            // with an error
	Kinds  map[string]int // the errors by their kind
	Row    int            // operations without an error since the last error
}

// String describes the counts in a line.
func (c Counts) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d operations done (%d hits, %d of them old, %d misses), %d failed", c.OK, c.Hits, c.Old, c.Misses, c.Errors)
	for _, kind := range slices.Sorted(maps.Keys(c.Kinds)) {
		fmt.Fprintf(&b, ", %d %s", c.Kinds[kind], kind)
	}
	fmt.Fprintf(&b, "; %d done since the last error", c.Row)
	return b.String()
}

// Done is a condition for [Traffic.Until]: n operations have ended well.
func Done(n int) func(Counts) bool { return func(c Counts) bool { return c.OK >= n } }

// Failed is a condition for [Traffic.Until]: n operations have ended in an error.
func Failed(n int) func(Counts) bool { return func(c Counts) bool { return c.Errors >= n } }

// FailedBy is a condition for [Traffic.Until]: n operations have ended in an
// error of that kind.
func FailedBy(kind string, n int) func(Counts) bool {
	return func(c Counts) bool { return c.Kinds[kind] >= n }
}

// Recovered is a condition for [Traffic.Until]: n operations in a row, of all
// workers together, have ended well.
func Recovered(n int) func(Counts) bool { return func(c Counts) bool { return c.Row >= n } }

func (c Counts) clone() Counts {
	c.Kinds = maps.Clone(c.Kinds)
	return c
}

// Report is what a [Traffic] has seen from its start to its end.
type Report struct {
	Counts
	Examples map[string]string // the text of one error of each kind
	Wrong    []string          // what must not have happened, at most 5 of each kind
}
