package connections_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
)

func TestTheServersCountNoMoreConnectionsThanThePoolsMayHaveAndNoneAfterShutdown(t *testing.T) {
	s := startServers(t)
	t.Run("10000 requests", s.everyRequestUsesEveryBackend)
	t.Run("clients give up", s.clientsGiveUp)
	t.Run("handlers panic", s.handlersPanic)
	t.Run("requests leave work behind", s.requestsLeaveWorkBehind)
}

func (s servers) everyRequestUsesEveryBackend(t *testing.T) {
	const requests = 10_000
	h, shutdown := s.open(t)
	url := site(t, h, func(w http.ResponseWriter, r *http.Request, number int) {
		if err := visitAll(r.Context(), h.Aliases(), number); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	s.watched(t, func() {
		crowd(t, url, requests, func(client *http.Client, url string) error { return get(t.Context(), client, url) })
	})
	for _, alias := range h.Aliases() {
		if n, err := h.Proxy(alias).Incr(t.Context(), counter, 0); n != requests || err != nil {
			t.Errorf("%s has counted %d requests of %d, error %v", alias, n, requests, err)
		}
	}
	shutdown()
}

// A client that gives up ends the request's context, in the middle of whatever
// operation that is at.
func (s servers) clientsGiveUp(t *testing.T) {
	h, shutdown := s.open(t)
	url := site(t, h, func(w http.ResponseWriter, r *http.Request, number int) {
		if err := visitAll(r.Context(), h.Aliases(), number); err != nil && r.Context().Err() == nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	s.watched(t, func() {
		crowd(t, url, 2000, func(client *http.Client, url string) error {
			ctx, cancel := context.WithTimeout(t.Context(), rand.N(100*time.Millisecond))
			defer cancel()
			if err := get(ctx, client, url); ctx.Err() == nil {
				return err
			}
			return nil
		})
	})
	shutdown()
}

func (s servers) handlersPanic(t *testing.T) {
	h, shutdown := s.open(t)
	url := site(t, h, func(w http.ResponseWriter, r *http.Request, number int) {
		aliases := h.Aliases()
		if err := visitAll(r.Context(), aliases, number); err != nil {
			t.Error(err)
		}
		for _, alias := range aliases {
			cache.Async(cache.From(r.Context(), alias)).Incr(r.Context(), counter, 1)
		}
		if number%2 == 0 {
			panic("the page cannot be made")
		}
		panic(http.ErrAbortHandler)
	})
	s.watched(t, func() {
		crowd(t, url, 1000, func(client *http.Client, url string) error {
			if err := get(t.Context(), client, url); err == nil {
				return errors.New("a handler that panicked has answered")
			}
			return nil
		})
	})
	shutdown()
}

// Work that outlives its request uses the caches until they are shut down
// under it.
func (s servers) requestsLeaveWorkBehind(t *testing.T) {
	h, shutdown := s.open(t)
	var left sync.WaitGroup
	url := site(t, h, func(w http.ResponseWriter, r *http.Request, number int) {
		aliases := h.Aliases()
		ctx := context.WithoutCancel(r.Context())
		for range 3 {
			left.Go(func() {
				if err := visitAll(ctx, aliases, number); err != nil && !errors.Is(err, cache.ErrClosed) {
					t.Error(err)
				}
			})
		}
	})
	s.watched(t, func() {
		crowd(t, url, 1000, func(client *http.Client, url string) error { return get(t.Context(), client, url) })
	})
	shutdown()
	left.Wait()
	s.wantNone(t)
}
