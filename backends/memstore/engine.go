package memstore

import (
	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/cache/driver"
)

// engine is the part of a store that Shutdown lets go.
type engine struct {
	cache   *otter.Cache[string, entry]
	bound   *bound
	coarse  *coarseClock // nil if the clock was injected
	sweeper sweeper
}

func newEngine(opts Options) (*engine, error) {
	e := &engine{bound: newBound(opts)}
	settings := &otter.Options[string, entry]{ExpiryCalculator: expiry, OnAtomicDeletion: e.deleted}
	if e.bound.inBytes {
		settings.MaximumWeight, settings.Weigher = uint64(e.bound.limit), e.bound.weigh
	} else {
		settings.MaximumSize = int(e.bound.limit)
	}
	if opts.Clock != nil {
		settings.Clock = newElapsed(opts.Clock)
	} else {
		e.coarse = newCoarseClock()
		settings.Clock = e.coarse
	}
	cache, err := otter.New(settings)
	if err != nil {
		return nil, err
	}
	e.cache = cache
	e.startSweeper()
	return e, nil
}

// set stores v under a key of which the cache becomes the owner.
func (e *engine) set(key string, v entry) {
	e.stored(v)
	_, added := e.cache.Set(key, v)
	e.wrote(key, v, added)
}

// add stores v under key unless something is stored there, which it returns.
func (e *engine) add(key string, v entry) (present entry, added bool) {
	e.stored(v)
	present, added = e.cache.SetIfAbsent(key, v)
	if added {
		e.wrote(key, v, added)
	} else {
		e.removed(v)
	}
	return present, added
}

// wrote accounts for v, which the cache holds since now. A value that replaced
// another adds no entry but may add bytes.
func (e *engine) wrote(key string, v entry, added bool) {
	if added || e.bound.inBytes {
		e.bound.wrote(e.bound.weigh(key, v), e.cache.CleanUp)
	}
}

// refuse removes what is stored under the key of a value that is too large, so
// that nobody reads the old value as the new one.
func (e *engine) refuse(key []byte) error {
	e.cache.Invalidate(borrow(key))
	return driver.ErrTooLarge
}

// stop ends the goroutines of the cache, the sweeps, and the timer of the clock.
func (e *engine) stop() {
	e.cache.StopAllGoroutines()
	e.sweeper.stop()
	if e.coarse != nil {
		e.coarse.stop()
	}
}
