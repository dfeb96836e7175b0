package cache

import (
	"fmt"
	"sync/atomic"
)

// DefaultMaxInFlight is how many bytes the responses under way have at most, together,
// if [Config].MaxInFlight does not say: 64 MiB.
const DefaultMaxInFlight = 64 << 20

// InFlight counts the bytes of memory that responses under way hold: those that page
// caches hold back, stream to clients who wait, or are storing. All page caches over one
// [Handler] share one, so that clients who do not read, however many they are, hold no
// more memory than [Config].MaxInFlight says.
//
// Values of GetOrSet, Fill and fragments are not counted: the program has made them
// before a cache learns of them, one for each key, and nobody's reading holds them.
//
// An InFlight may be used from many goroutines. A nil one has no bound.
type InFlight struct {
	limit int64
	used  atomic.Int64
}

// InFlight returns what counts the responses under way of h. It is nil if h is.
func (h *Handler) InFlight() *InFlight {
	if h == nil {
		return nil
	}
	return &h.inFlight
}

// Limit is how many bytes there may be.
func (f *InFlight) Limit() int64 {
	if f == nil {
		return 1<<63 - 1
	}
	return f.limit
}

// Used is how many bytes there are.
func (f *InFlight) Used() int64 {
	if f == nil {
		return 0
	}
	return f.used.Load()
}

// Reserve counts n bytes more, and reports whether it did: not if they were over the
// limit then. Who has reserved bytes releases as many.
func (f *InFlight) Reserve(n int64) bool {
	if f == nil {
		return true
	}
	for {
		used := f.used.Load()
		if n > 0 && used+n > f.limit {
			return false
		}
		if f.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Hold counts n bytes more, over the limit too: it is for what a response has at least.
func (f *InFlight) Hold(n int64) {
	if f != nil {
		f.used.Add(n)
	}
}

// Release counts n bytes less.
func (f *InFlight) Release(n int64) { f.Hold(-n) }

// maxInFlight returns what the settings of alias "default" say, and their errors.
func (s Settings) maxInFlight() (limit int64, errs []error) {
	limit = DefaultMaxInFlight
	for name, cfg := range s {
		switch {
		case cfg.MaxInFlight == 0:
		case name != DefaultAlias:
			errs = append(errs, fmt.Errorf("%w: alias %q: MaxInFlight (max_in_flight) is for all aliases together: set it for alias %q", ErrInvalidSettings, name, DefaultAlias))
		case cfg.MaxInFlight < 0:
			errs = append(errs, fmt.Errorf("%w: alias %q: MaxInFlight (max_in_flight) is %d: it must be a number of bytes from 1 on, or be left out for the default, %d",
				ErrInvalidSettings, name, cfg.MaxInFlight, int64(DefaultMaxInFlight)))
		default:
			limit = cfg.MaxInFlight
		}
	}
	return limit, errs
}
