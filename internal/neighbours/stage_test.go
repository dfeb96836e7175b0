package neighbours

import (
	"context"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
)

// stage is one application that is served, and what happened there.
type stage struct {
	t         *testing.T
	framework string
	neighbour neighbour
	situation situation
	dial      func(context.Context, string, string) (net.Conn, error)
	transport http.RoundTripper
	ada, bob  *visitor
	errorLog  lines
	runs      atomic.Int32  // of the handler
	gate      chan struct{} // that situations hold the handler at
	answers   []answer
}

// play builds and serves an application, with larder unless the mode is empty,
// has the situation happen there, and returns when everything has ended. It runs
// in a bubble.
func play(t *testing.T, f framework, n neighbour, p place, m mode, column situation) *stage {
	s := &stage{t: t, framework: f.name, neighbour: n, situation: column, gate: make(chan struct{})}
	a := application{neighbour: n.make(t), place: p, mode: m, handler: s.handle}
	if m != withoutLarder {
		a.caches = newCaches(t)
	}
	network := newNetwork()
	transport := network.transport()
	s.dial, s.transport = network.dial, transport
	server := &http.Server{Handler: f.build(a), ErrorLog: log.New(&s.errorLog, "", 0)}
	served := make(chan error)
	go func() { served <- server.Serve(network) }()
	s.ada = newVisitor(s, "ada", n.fieldsOf("ada"))
	s.bob = newVisitor(s, "bob", n.fieldsOf("bob"))

	column.play(s)

	synctest.Wait()
	transport.CloseIdleConnections()
	if err := server.Shutdown(context.Background()); err != nil {
		t.Errorf("the server does not end: %v", err)
	}
	<-served
	if a.caches != nil {
		if err := a.caches.Shutdown(context.Background()); err != nil {
			t.Errorf("the caches do not end: %v", err)
		}
	}
	return s
}

func newCaches(t *testing.T) *cache.Handler {
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// handle is the handler of the application: it counts the run, and the situation
// says what it does. An error is that of the request's context.
func (s *stage) handle(v visit) error {
	s.runs.Add(1)
	s.situation.page(s, v)
	return v.r.Context().Err()
}

// open lets all runs go on that wait at the gate, and those that come later.
func (s *stage) open() { close(s.gate) }

// note keeps an answer for the comparison.
func (s *stage) note(a answer) {
	a.plain = decoded(a)
	s.answers = append(s.answers, a)
}

// noteAll waits for requests and notes their answers.
func (s *stage) noteAll(requests ...*pending) {
	for _, p := range requests {
		s.note(p.answer())
	}
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
