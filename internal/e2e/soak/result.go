package main

import (
	"context"
	"time"

	"github.com/larder-go/larder/internal/e2e/soak/measure"
)

// result is what came of a soak.
type result struct {
	Date     time.Time
	Length   time.Duration
	Plan     plan
	Problems []string // empty if nothing was wrong
	Totals   totals
	Struck   []strike
	Entries  []measure.Entry
	Samples  []measure.Sample
	Machine  []string
}

func (s *soaking) result() *result {
	r := &result{
		Date:     time.Now(),
		Length:   time.Since(s.started),
		Plan:     s.plan,
		Problems: s.failed(),
		Totals:   s.totals(),
		Struck:   s.struck,
		Entries:  s.ledger.Entries(),
		Samples:  s.samples,
		Machine:  machine(context.WithoutCancel(s.ctx)),
	}
	return r
}

// recovery is how a backend got over one kind of fault.
type recovery struct {
	backend, fault string
	times          int
	longest        time.Duration
}

// recoveries sums the faults up, in the order in which they came first.
func (r *result) recoveries() (list []recovery) {
	index := make(map[[2]string]int)
	for _, s := range r.Struck {
		key := [2]string{s.backend, s.fault}
		i, known := index[key]
		if !known {
			i = len(list)
			index[key] = i
			list = append(list, recovery{backend: s.backend, fault: s.fault})
		}
		list[i].times++
		list[i].longest = max(list[i].longest, s.recovery)
	}
	return list
}
