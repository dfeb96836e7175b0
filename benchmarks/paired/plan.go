package paired

import (
	"math"
	"time"
)

// Plan says how much is measured. The zero value is a plan for operations of
// any length that takes about two seconds for each contestant.
type Plan struct {
	// Rounds is how many blocks each contestant runs; the default is 2000.
	Rounds int

	// Block is how many operations there are in a block. The default is a
	// dozen, or as many as it takes for a block of the floor to last MinBlock:
	// reading the clock costs as much as a short operation does.
	Block int

	// MinBlock is how long a block lasts at least, unless Block is set; the
	// default is 50 µs, for which reading the clock is a thousandth.
	MinBlock time.Duration

	// Most is for how long new rounds are begun, so that slow operations end
	// in time too; at least MinRounds are played. The default is no limit.
	Most time.Duration

	// Attempts is how often the comparison is made again if its control is off,
	// in all; the one with the best control counts. The default is 1.
	Attempts int

	// Seed makes the orders of two comparisons equal; 0 is a seed like others.
	Seed uint64
}

// MinRounds is how many rounds a comparison has at least, whatever the limit.
const MinRounds = 12

// The defaults of a Plan.
const (
	defaultRounds   = 2000
	defaultBlock    = 12
	defaultMinBlock = 50 * time.Microsecond
)

func (p Plan) withDefaults() Plan {
	if p.Rounds <= 0 {
		p.Rounds = defaultRounds
	}
	if p.MinBlock <= 0 {
		p.MinBlock = defaultMinBlock
	}
	if p.Most <= 0 {
		p.Most = math.MaxInt64
	}
	if p.Attempts <= 0 {
		p.Attempts = 1
	}
	return p
}

// part returns the plan for one of so many fields.
func (p Plan) part(fields int) Plan {
	p.Rounds = (p.Rounds + fields - 1) / fields
	p.Most /= time.Duration(fields)
	return p
}

// block returns how many operations a block has, by trying the floor. Each
// number is tried twice: what is set up at its first use, a connection for each
// goroutine for one, would make a block too short that lasts long enough once.
func (p Plan) block(floor Contestant, clock func() time.Duration) int {
	if p.Block > 0 {
		return p.Block
	}
	for n := defaultBlock; ; n *= 2 {
		floor.Run(n)
		if elapsed(clock, floor, n) >= p.MinBlock {
			return n
		}
	}
}
