package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/soak/measure"
	"github.com/larder-go/larder/internal/testserver"

	_ "github.com/larder-go/larder/backends/memstore"
)

const alias = "default"

// recorder is the test of a site that is wrong: what fails it is the point.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Error(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprint(args...))
}

func (r *recorder) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.errors, "\n")
}

func newHandler(t *testing.T) *cache.Handler {
	t.Helper()
	h, err := cache.NewHandler(cache.Settings{alias: {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestASiteThatIsRightPasses(t *testing.T) {
	site := Open(t, newHandler(t), alias)
	var mu sync.Mutex
	seen := make(map[string]int)
	traffic := Visit(t, site, alias, new(measure.Health), Options{
		Pace: 2 * time.Millisecond,
		Observe: func(op string, _ time.Time, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen[op]++
		},
	})
	testserver.Await(t, func(context.Context) error {
		if n, hits := traffic.Visits(), traffic.Hits(); n < 1000 || hits < 100 {
			return fmt.Errorf("%d visits, %d hits", n, hits)
		}
		return nil
	})
	traffic.Stop()
	for _, op := range []string{"GET, hit", "GET, made", "GET, streamed, hit", "GET, conditional", "GET, range", "GET, crowd of 12", "GET, overtaken", "POST", "purge"} {
		if seen[op] == 0 {
			t.Errorf("no %s in %v", op, seen)
		}
	}
}

// twist changes the answer to a request, whose right text it gets.
type twist func(w http.ResponseWriter, r *http.Request, right text)

// Each is a cache that is wrong in one way, and what the visitors then say.
func TestASiteThatIsWrongIsFoundOut(t *testing.T) {
	for name, c := range map[string]struct {
		twist twist
		want  string
	}{
		"somebody else's page": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				if right.whom == "bob" {
					right.whom = "ann"
				}
				send(w, right, right.body(of(r).longest))
			},
			want: "for bob got",
		},
		"another page": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				right.path = "/default/plain/0"
				send(w, right, right.body(of(r).longest))
			},
			want: `got "/default/plain/0|`,
		},
		"an old version": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				right.version = 0
				send(w, right, right.body(of(r).longest))
			},
			want: "after it was purged",
		},
		"half of a page": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				body := right.body(of(r).longest)
				send(w, right, body[:len(body)/2])
			},
			want: "damaged body",
		},
		"the tag of another version": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				body := right.body(of(r).longest)
				right.version++
				send(w, right, body)
			},
			want: "has the entity tag of",
		},
		"a page of one user from a cache": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				w.Header().Set("Cache-Status", "larder; hit")
				w.Header().Set("ETag", right.tag())
				_, _ = w.Write(right.body(of(r).longest))
			},
			want: `for ann: Cache-Status: "larder; hit"`,
		},
		"a failure": {
			twist: func(w http.ResponseWriter, _ *http.Request, _ text) { w.WriteHeader(http.StatusBadGateway) },
			want:  "status 502",
		},
		"304 for what has changed": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				if tag := r.Header.Get("If-None-Match"); tag != "" {
					right.version++
					w.Header().Set("ETag", right.tag())
					w.WriteHeader(http.StatusNotModified)
					return
				}
				send(w, right, right.body(of(r).longest))
			},
			want: "has the entity tag of",
		},
		"another part": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				if r.Header.Get("Range") != "" {
					w.Header().Set("ETag", right.tag())
					w.WriteHeader(http.StatusPartialContent)
					_, _ = w.Write(right.body(of(r).longest)[:7])
					return
				}
				send(w, right, right.body(of(r).longest))
			},
			want: "bytes from",
		},
		"a crowd that is not together": {
			twist: func(w http.ResponseWriter, r *http.Request, right text) {
				send(w, right, right.body(of(r).longest))
			},
			want: "times for a crowd of 12",
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{TB: t}
			traffic := Visit(rec, twisted(t, c.twist), alias, new(measure.Health), Options{Pace: time.Millisecond})
			testserver.Await(t, func(context.Context) error {
				if said := rec.said(); !strings.Contains(said, c.want) {
					return fmt.Errorf("want %q, got %.2000s", c.want, said)
				}
				return nil
			})
			traffic.Stop()
		})
	}
}

func send(w http.ResponseWriter, right text, body []byte) {
	w.Header().Set("ETag", right.tag())
	w.Header().Set("Cache-Status", "larder; fwd=uri-miss")
	_, _ = w.Write(body)
}

// twisted returns a site that has no cache, and whose answers are twisted. It
// accepts purges.
func twisted(t *testing.T, answer twist) *Site {
	s := &Site{truth: newTruth(), client: &http.Client{Transport: new(http.Transport)}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := s.truth.find(r.URL.Path)
		if r.Method == http.MethodPost {
			w.Header().Set(versionField, fmt.Sprint(p.version.Add(1)))
			if !strings.Contains(r.URL.Path, "/-/") {
				w.WriteHeader(http.StatusNoContent)
			}
			return
		}
		p.runs.Add(1)
		answer(w, r, text{r.URL.Path, of(r).whom(r), p.version.Load()})
	}))
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		server.Close()
	})
	s.url = server.URL
	return s
}

// of returns the area of a request.
func of(r *http.Request) *area {
	name := strings.Split(r.URL.Path, "/")[2]
	for _, a := range areas {
		if a.name == name {
			return a
		}
	}
	panic(name)
}
