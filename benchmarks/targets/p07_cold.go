package targets

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/middleware"
)

// slowTakes is how long the handlers of P7 and P8 take.
const slowTakes = 200 * time.Millisecond

const slowBody = "a page that takes its time"

// slow is such a handler; it counts its runs.
type slow struct {
	runs   atomic.Int64
	header string // a field to set, to an empty value
}

func (s *slow) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.runs.Add(1)
	time.Sleep(slowTakes)
	if s.header != "" {
		w.Header().Set(s.header, "private")
	}
	_, _ = w.Write([]byte(slowBody))
}

func coldPages(ctx context.Context, l *Lab) error {
	const clients = 500
	runs, right, last, err := l.cold(ctx, new(slow), clients, 0)
	if err != nil {
		return err
	}
	l.report("500 cold requests", Runs, runs, Exactly(1))
	l.report("500 cold requests: right answers", Requests, right, Exactly(clients))
	l.report("500 cold requests: the last answer to the handler's time", Ratio, last/slowTakes.Seconds(), AtMost(1.15))

	runs, right, _, err = l.cold(ctx, new(slow), 20, slowTakes/4)
	if err != nil {
		return err
	}
	l.report("20 requests, the first leaves after a quarter of the time", Runs, runs, Exactly(1))
	l.report("20 requests, the first leaves: right answers of the others", Requests, right, Exactly(19))

	_, right, last, err = l.cold(ctx, &slow{header: "Cache-Control"}, 20, 0)
	if err != nil {
		return err
	}
	// A waiting client learns that the page is not for it when the header is there, and
	// then runs the handler himself: twice its time, whatever the number.
	l.report("20 requests for what must not be cached: right answers", Requests, right, Exactly(20))
	l.report("20 requests for what must not be cached: the last answer to the handler's time", Ratio, last/slowTakes.Seconds(), AtMost(2.2))
	return nil
}

// cold has clients ask at once for a page that is not there. If leaveAfter is
// not zero, the one whose request runs the handler leaves after so long. It
// returns the runs of the handler, the right answers, and the seconds until the
// last of them.
func (l *Lab) cold(ctx context.Context, h *slow, clients int, leaveAfter time.Duration) (runs, right, last float64, err error) {
	caches, err := l.caches(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	started := make(chan struct{}, clients)
	marked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { started <- struct{}{}; h.ServeHTTP(w, r) })
	addr, stop, err := loopback.Serve(lifecycle(caches)(middleware.CachePage(pageTTL)(marked)))
	if err != nil {
		return 0, 0, 0, err
	}
	l.cleanup(stop)

	connections := make([]*loopback.Client, clients)
	for i := range connections {
		if connections[i], err = loopback.Dial(addr, "/page"); err != nil {
			return 0, 0, 0, err
		}
		c := connections[i]
		l.cleanup(func() { _ = c.Close() }) // one of them is closed already
	}
	var answered atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	ask := func(c *loopback.Client) {
		if got, err := c.Do(); err == nil && got.Status == http.StatusOK && got.Length == len(slowBody) {
			answered.Add(1)
		}
	}
	if leaveAfter > 0 {
		leader := connections[0]
		all.Go(func() { ask(leader) })
		<-started
		time.AfterFunc(leaveAfter, func() { _ = leader.Close() })
		connections = connections[1:]
	}
	for _, c := range connections {
		all.Go(func() { ask(c) })
	}
	all.Wait()
	took := time.Since(began)
	if h.runs.Load() == 0 {
		return 0, 0, 0, fmt.Errorf("the handler never ran")
	}
	return float64(h.runs.Load()), float64(answered.Load()), took.Seconds(), nil
}
