package memstore

import (
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// sweepInterval is the time between two sweeps, of real time even if the
// store's clock was injected.
const sweepInterval = time.Second

// sweeper removes entries that have expired and that nobody asks for, so that
// their memory is freed. It wakes once in a sweepInterval while the store holds
// entries that expire, and never while it holds none.
type sweeper struct {
	expiring  atomic.Int64 // entries held that expire
	scheduled atomic.Bool

	mu      sync.Mutex // held while the timer is started or stopped
	timer   *time.Timer
	stopped bool
}

// startSweeper prepares the sweeps of e. Its timer does not keep alive a store
// that was dropped without Shutdown.
func (e *engine) startSweeper() {
	swept := weak.Make(e)
	e.sweeper.timer = time.AfterFunc(time.Hour, func() {
		if e := swept.Value(); e != nil {
			e.sweep()
		}
	})
	e.sweeper.timer.Stop()
}

// sweep removes what has expired. The flag falls before the count is read, and
// add does both in the other order: so one of them sees the other.
func (e *engine) sweep() {
	e.cache.CleanUp()
	e.sweeper.scheduled.Store(false)
	if e.sweeper.expiring.Load() > 0 {
		e.sweeper.schedule()
	}
}

// add counts an entry that expires.
func (s *sweeper) add() {
	s.expiring.Add(1)
	if !s.scheduled.Load() {
		s.schedule()
	}
}

// remove counts an entry that expires and is not held any more.
func (s *sweeper) remove() { s.expiring.Add(-1) }

func (s *sweeper) schedule() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.scheduled.Load() {
		return
	}
	s.scheduled.Store(true)
	s.timer.Reset(sweepInterval)
}

// stop ends the sweeps.
func (s *sweeper) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.timer.Stop()
}
