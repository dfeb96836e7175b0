package connections_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// clients is how many requests are under way at once: far more than there are
// connections.
const clients = 64

// page is what the site stores. It names the key that it belongs to.
type page struct {
	Key  string
	Body string
}

// visit uses one alias as a request does: it stores a page, reads it, and
// counts the visit.
func visit(ctx context.Context, alias string, number int) error {
	c := cache.From(ctx, alias)
	key := fmt.Sprintf("page:%d", number%500)
	if err := c.Set(ctx, key, page{key, "body"}); err != nil {
		return err
	}
	var got page
	if found, err := c.Get(ctx, key, &got); err != nil || !found || got.Key != key {
		return errors.Join(fmt.Errorf("%s: under %q is %+v, found %t", alias, key, got, found), err)
	}
	_, err := c.Incr(ctx, counter, 1)
	return err
}

// visitAll visits every alias of a handler.
func visitAll(ctx context.Context, aliases []string, number int) error {
	for _, alias := range aliases {
		if err := visit(ctx, alias, number); err != nil {
			return err
		}
	}
	return nil
}

// site serves handler, within Lifecycle, over HTTP on loopback until the test
// ends. The handler gets the number of the request.
func site(tb testing.TB, h *cache.Handler, handler func(w http.ResponseWriter, r *http.Request, number int)) (url string) {
	tb.Helper()
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.URL.Query().Get("number"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		handler(w, r, number)
	})
	lifecycle := middleware.Lifecycle(middleware.WithCaches(h), middleware.WithBus(new(signals.Bus)))
	server := httptest.NewUnstartedServer(lifecycle(inner))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells each panic
	server.Start()
	tb.Cleanup(server.Close)
	return server.URL
}

// crowd sends so many requests, as many at once as there are clients, and fails
// the test where send returns an error.
func crowd(tb testing.TB, url string, requests int, send func(client *http.Client, url string) error) {
	tb.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				number := next.Add(1)
				if number > int64(requests) {
					return
				}
				if err := send(client, fmt.Sprintf("%s/?number=%d", url, number)); err != nil {
					tb.Errorf("request %d: %v", number, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// get sends a request and returns an error unless the answer is 200.
func get(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", response.StatusCode, body)
	}
	return err
}
