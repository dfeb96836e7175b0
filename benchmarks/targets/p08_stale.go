package targets

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/middleware"
)

// Hot is how P8 loads a page: so many clients ask for it again and again, while
// it expires once a second.
const (
	hotClients = 32
	hotTTL     = time.Second
	blockedAt  = 50 * time.Millisecond
)

// Visit is one request for a hot page.
type Visit struct {
	At   time.Duration // since the first
	Took time.Duration
}

func stalePages(ctx context.Context, l *Lab) error {
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	h := new(slow)
	page := lifecycle(caches)(middleware.CachePage(hotTTL, middleware.Grace(time.Minute))(h))
	addr, stop, err := loopback.Serve(page)
	if err != nil {
		return err
	}
	l.cleanup(stop)
	seconds := 10
	if l.Effort == Quick {
		seconds = 3
	}
	visits, err := Crowd(addr, time.Duration(seconds)*time.Second)
	if err != nil {
		return err
	}
	blocked := Blocked(visits)
	// The first run is no refresh, and each second may end in the middle of one.
	l.report("a stale hot page, 32 clients: runs per expiry", Runs, float64(h.runs.Load()-1)/float64(seconds), AtMost(1))
	// A machine that stalls by itself shows here.
	plain, stopPlain, err := loopback.Serve(threeHeaders([]byte(slowBody)))
	if err != nil {
		return err
	}
	l.cleanup(stopPlain)
	calm, err := Crowd(plain, time.Duration(seconds)*time.Second)
	if err != nil {
		return err
	}
	l.report("the same crowd without a cache, nothing slow: requests over 50 ms", Requests, float64(Blocked(calm)), Bound{})
	l.report("the same crowd without a cache, nothing slow: p99.9", Milliseconds, percentile(calm, 0.999).Seconds()*1000, Bound{})
	l.report("a stale hot page: requests blocked over 50 ms", Requests, float64(blocked), Exactly(0))
	l.report("a stale hot page: p99.9", Milliseconds, percentile(visits, 0.999).Seconds()*1000, AtMost(8))
	return nil
}

// Crowd has clients ask for the page at addr for so long, each as soon as it has
// its answer, after one has had it made. It returns their visits in order of
// their ends.
func Crowd(addr string, length time.Duration) ([]Visit, error) {
	clients := make([]*loopback.Client, hotClients)
	for i := range clients {
		var err error
		if clients[i], err = loopback.Dial(addr, "/page"); err != nil {
			return nil, err
		}
		defer clients[i].Close()
	}
	if _, err := clients[0].Do(); err != nil {
		return nil, err
	}
	visits := make([][]Visit, len(clients))
	errs := make([]error, len(clients))
	var all sync.WaitGroup
	began := time.Now()
	for i, c := range clients {
		all.Go(func() { visits[i], errs[i] = visitUntil(c, began, length) })
	}
	all.Wait()
	merged := slices.Concat(visits...)
	slices.SortFunc(merged, func(a, b Visit) int { return int(a.At + a.Took - b.At - b.Took) })
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return merged, nil
}

func visitUntil(c *loopback.Client, began time.Time, length time.Duration) (visits []Visit, err error) {
	for {
		at := time.Since(began)
		if at > length {
			return visits, nil
		}
		got, err := c.Do()
		if err != nil {
			return nil, err
		}
		if got.Status != http.StatusOK {
			panic("a hot page that is not there")
		}
		visits = append(visits, Visit{at, time.Since(began) - at})
	}
}

// Blocked returns how many visits took longer than 50 ms.
func Blocked(visits []Visit) (n int) {
	for _, v := range visits {
		if v.Took > blockedAt {
			n++
		}
	}
	return n
}

// percentile returns the time within which the part q of visits was answered.
func percentile(visits []Visit, q float64) time.Duration {
	times := each(visits, func(v Visit) time.Duration { return v.Took })
	slices.Sort(times)
	return times[int(q*float64(len(times)-1))]
}
