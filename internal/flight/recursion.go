package flight

import (
	"context"
	"iter"
	"sync"
)

// A run that waits for a flight which waits for the run is a deadlock. It happens in two
// ways. A function asks for its own key, perhaps through functions that it started:
// runsUnder finds that in the context, which leads from each run to the one that started
// it. Or functions that were started independently ask for each other's keys: waitFor
// finds that in the wait graph.

// runKey is the context key under which what a flight runs finds it.
type runKey[V any] struct{}

// Current returns the flight under whose context ctx was made, or nil. It may
// have finished.
func Current[V any](ctx context.Context) *Flight[V] {
	f, _ := ctx.Value(runKey[V]{}).(*Flight[V])
	return f
}

// runs yields the flights under whose context ctx was made, the innermost
// first. It ends at one that has finished: that waits for no other, whatever its
// function may have left running.
func runs[V any](ctx context.Context) iter.Seq[*Flight[V]] {
	return func(yield func(*Flight[V]) bool) {
		for {
			f := Current[V](ctx)
			if f == nil || f.hasFinished() || !yield(f) {
				return
			}
			ctx = f.parent
		}
	}
}

func (f *Flight[V]) hasFinished() bool { return f.isFinished.Load() }

// runsUnder reports whether ctx belongs to a run for key, or to something that
// such a run started and waits for. If there is a run at all, innermost is the
// one that ctx belongs to.
func (g *Group[V]) runsUnder(ctx context.Context, key []byte) (innermost *Flight[V], recursive bool) {
	for f := range runs[V](ctx) {
		if innermost == nil {
			innermost = f
		}
		if f.group == g && f.key == string(key) {
			return innermost, true
		}
	}
	return innermost, false
}

// waiting guards the waits of all flights of all groups. Only a run that asks
// for another key takes it.
var waiting sync.Mutex

// waitFor notes that f's run waits for next. It reports false, and notes
// nothing, if next waits for f's run already, directly or through others.
func (f *Flight[V]) waitFor(next *Flight[V]) bool {
	waiting.Lock()
	defer waiting.Unlock()
	if next.reaches(f, make(map[*Flight[V]]bool)) {
		return false
	}
	if f.waits == nil {
		f.waits = make(map[*Flight[V]]int)
	}
	f.waits[next]++
	return true
}

// stopWaiting ends what waitFor has noted. f is nil for a caller that belongs to no run.
func (f *Flight[V]) stopWaiting(next *Flight[V]) {
	if f == nil {
		return
	}
	waiting.Lock()
	defer waiting.Unlock()
	f.waits[next]--
	if f.waits[next] == 0 {
		delete(f.waits, next)
	}
}

// reaches reports whether f is target or waits for it; waiting is held. seen
// holds those that were asked.
func (f *Flight[V]) reaches(target *Flight[V], seen map[*Flight[V]]bool) bool {
	if f == target {
		return true
	}
	seen[f] = true
	for next := range f.waits {
		if !seen[next] && next.reaches(target, seen) {
			return true
		}
	}
	return false
}
