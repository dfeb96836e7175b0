package cachetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// inFlightGrace is how long after Shutdown has returned a call that was in
// flight may take to come back to its caller: the store is done with it, but
// the scheduler may not be.
const inFlightGrace = 2 * time.Second

var shutdownCases = []storeCase{{
	name: "shutdown/then-closed",
	rule: "After Shutdown every method returns ErrClosed.",
	run: func(p *probe) {
		p.set(presentKey, presentValue, driver.Never)
		p.shutdown()
		p.isClosed()
	},
}, {
	name: "shutdown/is-idempotent",
	rule: "Shutdown is idempotent; a second call waits as the first does.",
	run: func(p *probe) {
		p.shutdown()
		p.shutdown()
		p.together(8, func(int) error { return p.store.Shutdown(p.Context()) })
	},
}, {
	name: "shutdown/from-many-goroutines",
	rule: "Every method may be called from many goroutines at once.",
	run: func(p *probe) {
		p.together(8, func(int) error { return p.store.Shutdown(p.Context()) })
		p.isClosed()
	},
}, {
	name: "shutdown/with-ended-context",
	rule: "Shutdown refuses new operations, waits for those in flight until ctx ends, and releases connections, files and goroutines.",
	run: func(p *probe) {
		ctx, cancel := context.WithCancel(p.Context())
		cancel()
		if err := p.store.Shutdown(ctx); err != nil {
			p.matches("Shutdown with an ended context", err, context.Canceled)
		}
		p.isClosed()
		p.shutdown()
	},
}, {
	name: "shutdown/refuses-new-operations",
	rule: "Shutdown refuses new operations.",
	run: func(p *probe) {
		var down atomic.Bool
		work := p.work(func(i int) error {
			refused := down.Load()
			err := p.store.Set(p.Context(), fmt.Appendf(nil, "shop:1:%d", i), []byte("v"), driver.Never)
			if refused && err == nil {
				return errors.New("set a key after Shutdown had returned")
			}
			return err
		})
		p.shutdown()
		down.Store(true)
		p.ends(work)
	},
}, {
	name: "shutdown/waits-for-operations-in-flight",
	rule: "Shutdown waits for operations in flight until ctx ends.",
	run: func(p *probe) {
		work := p.work(func(i int) error {
			key := fmt.Appendf(nil, "shop:1:%d", i)
			if _, err := p.store.Get(p.Context(), key); err != nil && !errors.Is(err, driver.ErrNotFound) {
				return err
			}
			return p.store.Set(p.Context(), key, []byte("v"), driver.Never)
		})
		p.shutdown()
		p.ends(work)
	},
}}

func (p *probe) shutdown() {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), shutdownLimit)
	defer cancel()
	if err := p.store.Shutdown(ctx); err != nil {
		p.Fatalf("Shutdown: %v", err)
	}
}

// isClosed fails the case unless every operation returns ErrClosed.
func (p *probe) isClosed() {
	p.Helper()
	p.eachOperation(func(op operation) {
		err := op.call(p.Context(), p.store, arguments{[]byte(presentKey), []byte("v"), driver.Never})
		p.matches(op.name+" after Shutdown", err, driver.ErrClosed)
	})
}

// work starts goroutines that call f until it fails, and returns once each has
// called it. The channel receives how each ended: nil for ErrClosed.
func (p *probe) work(f func(i int) error) <-chan error {
	const workers = 8
	ended := make(chan error, workers)
	var begun sync.WaitGroup
	begun.Add(workers)
	for i := range workers {
		go func() {
			err := f(i)
			begun.Done()
			for err == nil {
				err = f(i)
			}
			if errors.Is(err, driver.ErrClosed) {
				err = nil
			}
			ended <- err
		}()
	}
	begun.Wait()
	return ended
}

// ends fails the case unless all workers end soon, and for ErrClosed.
func (p *probe) ends(work <-chan error) {
	p.Helper()
	deadline := time.After(inFlightGrace)
	for range cap(work) {
		select {
		case err := <-work:
			if err != nil {
				p.Errorf("an operation while the store shut down: %v, want success or ErrClosed", err)
			}
		case <-deadline:
			p.Fatalf("an operation was still in flight %v after Shutdown had returned", inFlightGrace)
		}
	}
}
