package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/e2e/soak/measure"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// plan says how long what lasts. After a warm-up faults and calms take turns, until
// the length or the most faults are reached.
type plan struct {
	length time.Duration
	most   int // faults; 0 is no bound
	warm   time.Duration
	calm   time.Duration
	fault  time.Duration
	pace   time.Duration // of a worker on data; a visitor of pages has twice that
}

// soaking is a soak under way.
type soaking struct {
	*host
	plan     plan
	started  time.Time
	log      io.Writer
	backends []*backend
	ledger   measure.Ledger
	struck   []strike

	sampling sync.Mutex
	samples  []measure.Sample // under sampling
}

// strike is a fault that has been.
type strike struct {
	backend, fault string
	recovery       time.Duration
}

// soak does what the plan says, tells the log how it goes on, and returns what came
// of it.
func soak(ctx context.Context, p plan, log io.Writer) *result {
	overlooked := append(slices.Clone(load.OfProxy), goleak.IgnoreCurrent())
	s := &soaking{host: &host{ctx: ctx}, plan: p, started: time.Now(), log: log}
	s.do(s.run)
	s.cleanUp()
	if err := goleak.Find(overlooked...); err != nil {
		s.Error("after the end: ", err)
	}
	for _, problem := range slices.Concat(measure.Growth(s.samples), measure.Uncalm(s.ledger.Entries())) {
		s.Error(problem)
	}
	if ctx.Err() != nil {
		s.Error("interrupted")
	}
	return s.result()
}

func (s *soaking) run() {
	s.backends = startBackends(s.host)
	s.use(s.open())
	defer s.progress()()
	s.wait(s.plan.warm)
	s.sample()
	for n := 0; !s.over(n); n++ {
		s.stage(n)
		s.wait(s.plan.calm)
		s.sample()
	}
	s.stop()
}

// over reports whether the soak is over after n faults.
func (s *soaking) over(n int) bool {
	return s.ctx.Err() != nil || time.Since(s.started) >= s.plan.length || s.plan.most > 0 && n >= s.plan.most
}

// stage is the n-th fault. Backends and ways to break them go round at the same
// time: the servers are three and the ways four, so that twelve stages are all
// there is, and the first four have each server and each way.
func (s *soaking) stage(n int) {
	var breakable []*backend
	for _, b := range s.backends {
		if b.server != nil {
			breakable = append(breakable, b)
		}
	}
	b, f := breakable[n%len(breakable)], faults[n%len(faults)]
	recovery := s.inflict(f, b, n/(len(breakable)*len(faults)))
	s.struck = append(s.struck, strike{b.name, f.name, recovery})
}

// stop ends the traffic, and reports what was wrong with it.
func (s *soaking) stop() {
	for _, b := range s.backends {
		b.pages.Stop()
		b.data.Stop()
	}
}

// sample notes the size of the process.
func (s *soaking) sample() {
	taken := measure.Take(s.started)
	s.sampling.Lock()
	defer s.sampling.Unlock()
	s.samples = append(s.samples, taken)
}

// latest returns the last sample, or the zero value.
func (s *soaking) latest() (last measure.Sample) {
	s.sampling.Lock()
	defer s.sampling.Unlock()
	if n := len(s.samples); n > 0 {
		last = s.samples[n-1]
	}
	return last
}

// wait lets the load run for a time.
func (s *soaking) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// await waits until a condition holds, and fails the soak if it does not come to
// hold.
func (s *soaking) await(what string, holds func() bool) {
	err := launch.Await(s.ctx, func(context.Context) error {
		if !holds() {
			return errors.New("it is not yet so that " + what)
		}
		return nil
	})
	if err != nil {
		s.Error(err)
	}
}

// say tells the log what goes on.
func (s *soaking) say(format string, args ...any) {
	fmt.Fprintf(s.log, "%6s  %s\n", time.Since(s.started).Round(time.Second), fmt.Sprintf(format, args...))
}
