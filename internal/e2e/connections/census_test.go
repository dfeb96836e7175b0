package connections_test

import (
	"context"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/e2e/connections"
)

// census is the counting of the connections to one server.
type census struct {
	name  string
	count connections.Count
	limit int // what the settings allow
}

// sampleEvery is short against the life of a request under load, and long
// enough that the servers have time for others.
const sampleEvery = 20 * time.Millisecond

// watch takes a census again and again until the function that it returns is
// called. That one fails the test if there ever were more connections than the
// settings allow, or never any.
func (c census) watch(tb testing.TB) (stop func()) {
	var most, samples int
	var failure error
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for failure == nil {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			var n int
			n, failure = c.count(context.WithoutCancel(ctx))
			most = max(most, n)
			samples++
		}
	}()
	return func() {
		tb.Helper()
		cancel()
		<-ended
		if failure != nil {
			tb.Errorf("%s: %v", c.name, failure)
		}
		if most > c.limit || most == 0 {
			tb.Errorf("%s counts up to %d connections, want at least one and at most %d", c.name, most, c.limit)
		}
		tb.Logf("%s: at most %d connections of %d in %d samples", c.name, most, c.limit, samples)
	}
}
