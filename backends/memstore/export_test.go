package memstore

import "time"

// Held is what a store holds at one moment: the number of entries in its table,
// expired ones included, and the sum of what they account for.
type Held struct {
	Entries int
	Weight  int64
}

// Measure walks the table of s, so that it sees what no maintenance pass has
// seen yet.
func Measure(s *Store) Held {
	e := s.engine.Load()
	held := Held{Entries: e.cache.EstimatedSize()}
	for key, v := range e.cache.All() {
		held.Weight += int64(e.bound.weigh(key, v))
	}
	return held
}

// Settle runs the maintenance that is due.
func Settle(s *Store) { s.engine.Load().cache.CleanUp() }

// Ticks and Sweeps report whether a timer of s is going to fire: that of its
// clock, and that of its sweeps.
func Ticks(s *Store) bool {
	c := s.engine.Load().coarse
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ticksLeft > 0
}

func Sweeps(s *Store) bool { return s.engine.Load().sweeper.scheduled.Load() }

// Expiring returns how many entries of s count as such that expire.
func Expiring(s *Store) int64 { return s.engine.Load().sweeper.expiring.Load() }

// Hold returns what an operation holds that began before Shutdown.
func Hold(s *Store) *engine { return s.engine.Load() }

// ReadAndWriteOften does what starts the timers of a store.
func (e *engine) ReadAndWriteOften() {
	for range 1000 {
		e.set("late", bytesEntry(nil, time.Hour))
		e.cache.GetIfPresent("late")
	}
}

// TimerRuns reports whether a timer is going to fire, and stops it.
func (e *engine) TimerRuns() bool { return e.sweeper.timer.Stop() || e.coarse.timer.Stop() }

// NewCoarseClock returns the clock of a store that was given none.
func NewCoarseClock() *coarseClock { return newCoarseClock() }

// Stop ends the timer of c.
func (c *coarseClock) Stop() { c.stop() }
