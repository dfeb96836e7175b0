package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
)

// A caller that leaves may use its bytes again. The value is larger than what the sockets hold, so
// the pipeline is in the middle of it when the caller leaves.
func TestACallerThatLeavesMayUseItsBytesAgain(t *testing.T) {
	at := standalone(t, redisstore.Options{}).fresh(t)
	p := startProxy(t, at.opts.Addrs[0])
	at.opts.Addrs, at.opts.Pipeline, at.opts.MaxValueSize = []string{p.addr()}, true, 16<<20
	s := open(t, at.opts)
	came, release := p.hold(t)
	ctx, cancel := context.WithCancel(t.Context())
	value := bytes.Repeat([]byte("v"), 16<<20)
	ended := make(chan error)
	go func() { ended <- s.Set(ctx, []byte("k"), value, driver.Never) }()
	<-came
	cancel()
	wantErr(t, "Set", <-ended, context.Canceled)
	clear(value)
	release()
	got, err := s.Get(t.Context(), []byte("k"))
	if err != nil || bytes.Count(got, []byte("v")) != len(value) {
		t.Errorf("%d bytes of %d are what was to be stored, %v", bytes.Count(got, []byte("v")), len(value), err)
	}
}

// Callers that leave a shared pipeline take and spoil nothing of the others, though they follow
// each other in the same memory.
func TestCallersThatLeaveGetNothingMixedUp(t *testing.T) {
	s, _ := fresh(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: true}})
	const callers, rounds = 32, 100
	name := func(caller int) string { return fmt.Sprintf("caller %d", caller) }
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for round := range rounds {
				ctx, cancel := context.WithCancel(t.Context())
				if (caller+round)%3 == 0 {
					go cancel()
				}
				key, value := []byte(name(caller)), []byte(name(caller)+strings.Repeat("!", round))
				err := s.Set(ctx, key, value, driver.Never)
				if err == nil {
					value, err = s.Get(ctx, key)
				}
				if err == nil && strings.TrimRight(string(value), "!") != name(caller) {
					t.Errorf("caller %d got %q", caller, value)
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	for caller := range callers {
		value, err := s.Get(t.Context(), []byte(name(caller)))
		if err != nil || strings.TrimRight(string(value), "!") != name(caller) {
			t.Errorf("caller %d has left %q, %v", caller, value, err)
		}
	}
}
