package pages

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// Site is a server on loopback with the same areas for each alias of a handler.
type Site struct {
	url    string
	truth  *truth
	client *http.Client
}

// token allows purges.
const token = "soak"

// versionField tells which version a POST has made.
const versionField = "Soak-Version"

// Open starts a site with the pages of each alias under a path of its name, which
// ends with the test. What the server logs fails the test, panics included.
func Open(tb load.TB, h *cache.Handler, aliases ...string) *Site {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Site{
		url:    "http://" + listener.Addr().String(),
		truth:  newTruth(),
		client: &http.Client{Timeout: maxWait, Transport: &http.Transport{MaxIdleConnsPerHost: idle, DisableCompression: true}},
	}
	mux := http.NewServeMux()
	for _, alias := range aliases {
		s.handle(mux, alias)
	}
	lifecycle := middleware.Lifecycle(middleware.WithCaches(h), middleware.WithBus(new(signals.Bus)))
	server := &http.Server{Handler: lifecycle(mux), ErrorLog: log.New(complaint{tb}, "", 0)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until Shutdown
	}()
	tb.Cleanup(func() {
		s.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), maxWait)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			tb.Error("the site does not end: ", err)
		}
		<-ended
	})
	return s
}

const (
	// maxWait is how long a visitor waits. Nothing that a cache may wait for
	// takes as long.
	maxWait = time.Minute

	// idle is how many connections the visitors keep.
	idle = 64
)

// complaint is what a server logs.
type complaint struct{ tb load.TB }

func (c complaint) Write(text []byte) (int, error) {
	c.tb.Error("the site's server says: " + strings.TrimSpace(string(text)))
	return len(text), nil
}

func (s *Site) handle(mux *http.ServeMux, alias string) {
	list := newPolicies(alias)
	for _, a := range areas {
		mux.Handle("/"+alias+"/"+a.name+"/", list[a.policy].Handler(s.handler(a)))
	}
	for i, policy := range list {
		mux.Handle(purgePath(alias, i), policy.PurgeHandler(middleware.BearerToken(token)))
	}
}

func purgePath(alias string, policy int) string { return fmt.Sprintf("/%s/-/purge-%d", alias, policy) }

// handler makes the pages of an area, and a new version on POST.
func (s *Site) handler(a *area) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := s.truth.find(r.URL.Path)
		if r.Method == http.MethodPost {
			w.Header().Set(versionField, strconv.FormatInt(p.version.Add(1), 10))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		p.runs.Add(1)
		t := text{r.URL.Path, a.whom(r), p.version.Load()}
		for name, values := range a.header {
			w.Header()[name] = append(w.Header()[name], values...)
		}
		w.Header().Set("ETag", t.tag())
		w.Header().Set("Content-Type", "text/plain")
		if a.write == nil {
			_, _ = w.Write(t.body(a.longest)) // a client that has left is none of the handler's business
			return
		}
		a.write(w, r, t.body(a.longest))
	})
}
