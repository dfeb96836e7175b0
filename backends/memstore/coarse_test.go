package memstore_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// No entry is served later than MaxClockLag after its expiry, also right after reads have become
// rare.
func TestNoEntryIsServedLateWhateverWasReadBefore(t *testing.T) {
	for name, pause := range map[string]time.Duration{
		"read often until then": 0,
		"while the clock ticks": 100 * time.Millisecond,
		"when it has stopped":   10 * time.Second,
		"after a long pause":    48 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, memstore.Options{})
				defer shutdown(t, s)
				mustSet(t, s, "often", "v", driver.Never)
				mustSet(t, s, "k", "v", pause+time.Second)
				time.Sleep(time.Second)
				readOften(t, s, "often")
				time.Sleep(pause + driver.MaxClockLag)
				wantMissing(t, s, "k")
			})
		})
	}
}

// An entry that is read all the time expires, although readings of the clock are shared.
func TestAnEntryThatIsReadAllTheTimeExpires(t *testing.T) {
	const ttl = 200 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		defer shutdown(t, s)
		mustSet(t, s, "k", "v", ttl)
		expires := time.Now().Add(ttl)
		for time.Since(expires) < driver.MaxClockLag {
			for range 200 {
				_, err := s.Get(t.Context(), []byte("k"))
				if err != nil && time.Until(expires) > driver.MaxClockLag {
					t.Fatalf("missing %v before the expiry", time.Until(expires))
				}
			}
			time.Sleep(time.Millisecond)
		}
		wantMissing(t, s, "k")
	})
}

// The shared clock never runs backwards: an entry that has expired for one reader has expired for
// all that come later.
func TestTheDefaultClockNeverRunsBackwards(t *testing.T) {
	c := memstore.NewCoarseClock()
	defer c.Stop()
	var latest atomic.Int64
	// A pause now and then makes the clock tick and stop several times.
	const bursts, reads = 5, 20_000
	for range bursts {
		parallel(4, func(int) {
			for range reads {
				told := latest.Load()
				now := c.NowNano()
				if now < told {
					t.Errorf("%d was told after %d", now, told)
					return
				}
				for seen := latest.Load(); seen < now && !latest.CompareAndSwap(seen, now); seen = latest.Load() {
				}
			}
		})
		time.Sleep(150 * time.Millisecond)
	}
}
