package acceptance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// workerRole is the role of a process that does what the test asks until the test closes its
// input, several things at once.
const workerRole = "work"

// command is what a test asks of a worker.
type command struct {
	ID      int
	Action  string // a key of actions
	Key     string // or the path of a page
	Value   string
	Tags    []string
	Callers int    // that do it at the same time, at least one
	Source  string // the URL that loads ask
}

// result is what came of a command.
type result struct {
	ID     int
	Values map[string]int // how many callers got each value; "" is none
	Err    string
}

// actions return what one caller gets.
var actions = map[string]func(context.Context, *worker, *command) (string, error){
	"GetOrSet": func(ctx context.Context, w *worker, c *command) (string, error) {
		return cache.For[string](w.cache).GetOrSet(ctx, c.Key, func(ctx context.Context) (string, error) {
			return fetch(ctx, c.Source)
		}, cache.Tags(c.Tags...), cache.LeaseWait(waitLimit))
	},
	"Get": func(ctx context.Context, w *worker, c *command) (string, error) {
		value, _, err := cache.For[string](w.cache).Get(ctx, c.Key)
		return value, err
	},
	"Set": func(ctx context.Context, w *worker, c *command) (string, error) {
		return "", w.cache.Set(ctx, c.Key, c.Value, cache.Tags(c.Tags...))
	},
	"Add": func(ctx context.Context, w *worker, c *command) (string, error) {
		added, err := w.cache.Add(ctx, c.Key, c.Value, cache.Tags(c.Tags...))
		if err == nil && !added {
			err = errors.New("not added")
		}
		return "", err
	},
	"Delete": func(ctx context.Context, w *worker, c *command) (string, error) {
		_, err := w.cache.Delete(ctx, c.Key)
		return "", err
	},
	"Touch": func(ctx context.Context, w *worker, c *command) (string, error) {
		_, err := w.cache.Touch(ctx, c.Key, cache.After(0))
		return "", err
	},
	"Clear": func(ctx context.Context, w *worker, _ *command) (string, error) {
		return "", w.cache.Clear(ctx)
	},
	"InvalidateTags": func(ctx context.Context, w *worker, c *command) (string, error) {
		return "", w.cache.InvalidateTags(ctx, c.Tags...)
	},
	"InvalidateTagsSoft": func(ctx context.Context, w *worker, c *command) (string, error) {
		return "", w.cache.InvalidateTagsSoft(ctx, c.Tags...)
	},
	"page": func(ctx context.Context, w *worker, c *command) (string, error) {
		r := httptest.NewRequestWithContext(context.WithValue(ctx, sourceKey{}, c.Source), http.MethodGet, c.Key, nil)
		recorder := httptest.NewRecorder()
		w.page.ServeHTTP(recorder, r)
		if recorder.Code != http.StatusOK {
			return "", fmt.Errorf("status %d: %s", recorder.Code, recorder.Body)
		}
		return recorder.Body.String(), nil
	},
	"purge": func(ctx context.Context, w *worker, c *command) (string, error) {
		_, err := pages.PurgeURL(w.caches.Scope(ctx), "http://example.com"+c.Key)
		return "", err
	},
}

// waitLimit is for how long callers wait for another process: longer than any load here takes.
const waitLimit = time.Minute

// pages wait for the runs of other processes.
var pages = middleware.NewPolicy(time.Hour, middleware.LeaseWait(waitLimit))

type sourceKey struct{}

// fetch asks the source for the present value.
func fetch(ctx context.Context, source string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	value, err := io.ReadAll(response.Body)
	return string(value), errors.Join(err, response.Body.Close())
}

// worker is what a process that works has.
type worker struct {
	caches *cache.Handler
	cache  cache.Cache
	page   http.Handler // its response is what the source answers
}

// work is main of a worker that has opened its caches.
func work(ctx context.Context, h *cache.Handler) error {
	w := &worker{caches: h, cache: h.Proxy(cache.DefaultAlias)}
	w.page = middleware.Lifecycle(middleware.WithCaches(h))(pages.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := fetch(r.Context(), r.Context().Value(sourceKey{}).(string))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, value)
	})))
	var running sync.WaitGroup
	var mu sync.Mutex
	output, input := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	for {
		var c command
		if err := input.Decode(&c); err != nil {
			running.Wait()
			if errors.Is(err, io.EOF) {
				err = h.Shutdown(ctx)
			}
			return err
		}
		running.Go(func() {
			r := w.do(ctx, &c)
			mu.Lock()
			defer mu.Unlock()
			_ = output.Encode(r) // fails if the test has ended
		})
	}
}

// do has all callers do a command at the same time.
func (w *worker) do(ctx context.Context, c *command) result {
	r := result{ID: c.ID, Values: make(map[string]int)}
	var mu sync.Mutex
	err := concurrently(max(c.Callers, 1), func(int) error {
		value, err := actions[c.Action](ctx, w, c)
		mu.Lock()
		defer mu.Unlock()
		r.Values[value]++
		return err
	})
	if err != nil {
		r.Err = err.Error()
	}
	return r
}
