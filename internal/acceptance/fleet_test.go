package acceptance_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fleet is several processes over one store, and where they load from.
type fleet struct {
	*source
	workers []*remote
}

// startFleet starts n workers over the cache at an address. The test must stop them.
func startFleet(t *testing.T, address string, n int) *fleet {
	t.Helper()
	f := &fleet{source: newSource()}
	for range n {
		c := spawn(t, workerRole, address)
		r := &remote{child: c, output: json.NewEncoder(c.input), pending: make(map[int]chan result)}
		f.workers = append(f.workers, r)
		go r.receive(c.output)
	}
	return f
}

// stopTime is how long a worker may take to end.
const stopTime = 30 * time.Second

// stop ends what the fleet does, and its processes.
func (f *fleet) stop(t *testing.T) {
	t.Helper()
	f.releaseAll()
	for _, w := range f.workers {
		w.stop(t)
	}
	f.server.Close()
}

// start has all workers do a command at the same time.
func (f *fleet) start(t *testing.T, c command) (answers []<-chan result) {
	t.Helper()
	for _, w := range f.workers {
		answers = append(answers, w.start(t, f.ask(c)))
	}
	return answers
}

// do has all workers do a command at the same time, and returns what the callers got in all.
func (f *fleet) do(t *testing.T, c command) map[string]int {
	t.Helper()
	return sum(t, f.start(t, c))
}

// ask returns the command with the source as that which loads ask.
func (f *fleet) ask(c command) command {
	c.Source = f.server.URL
	return c
}

// sum waits for the results of workers, and returns how many callers got each value.
func sum(t *testing.T, answers []<-chan result) map[string]int {
	t.Helper()
	values := make(map[string]int)
	for _, answer := range answers {
		for value, n := range await(t, answer) {
			values[value] += n
		}
	}
	return values
}

// await waits for the result of a worker.
func await(t *testing.T, answer <-chan result) map[string]int {
	t.Helper()
	select {
	case r, ok := <-answer:
		if !ok {
			t.Fatal("the process ended before it had a result")
		}
		if r.Err != "" {
			t.Error(r.Err)
		}
		return r.Values
	case <-time.After(stopTime):
		t.Fatal("no result")
	}
	return nil
}

// wantValues checks what callers got.
func wantValues(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: what callers got differs (- wanted, + got):\n%s", what, diff)
	}
}

// remote is a worker in another process.
type remote struct {
	*child
	output *json.Encoder

	mu      sync.Mutex
	last    int // the ID of the last command
	pending map[int]chan result
	ended   bool
	killed  bool // by the test
}

// start sends a command. Its result is sent to the channel, which is closed instead if the
// process ends before.
func (r *remote) start(t *testing.T, c command) <-chan result {
	t.Helper()
	answer := make(chan result, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	c.ID = r.last
	if err := r.output.Encode(c); err != nil {
		t.Fatal(err)
	}
	r.pending[c.ID] = answer
	if r.ended {
		close(answer)
	}
	return answer
}

// do sends a command, and waits for its result.
func (r *remote) do(t *testing.T, c command) map[string]int {
	t.Helper()
	return await(t, r.start(t, c))
}

// receive hands the results of the process to those that wait for them, until it ends.
func (r *remote) receive(results *bufio.Reader) {
	decoder := json.NewDecoder(results)
	for {
		var got result
		err := decoder.Decode(&got)
		r.mu.Lock()
		if err != nil {
			r.ended = true
			for _, answer := range r.pending {
				close(answer)
			}
			clear(r.pending)
			r.mu.Unlock()
			return
		}
		r.pending[got.ID] <- got
		delete(r.pending, got.ID)
		r.mu.Unlock()
	}
}

// stop ends the process, which must end well unless the test has killed it.
func (r *remote) stop(t *testing.T) {
	t.Helper()
	_ = r.input.Close() // fails if the process has ended
	kill := time.AfterFunc(stopTime, func() { _ = r.cmd.Process.Kill() })
	defer kill.Stop()
	if err := r.cmd.Wait(); err != nil && !r.killed {
		t.Errorf("a worker: %v", err)
	}
}

// source answers the loads of all processes with the present value, counts them, and can hold
// them.
type source struct {
	server *httptest.Server

	mu    sync.Mutex
	value string
	loads int
	next  *held   // holds the next load
	held  []*held // all of them
}

// loadTime is how long a load takes that is not held, so that others ask meanwhile.
const loadTime = 100 * time.Millisecond

func newSource() *source {
	s := new(source)
	s.server = httptest.NewServer(s)
	return s
}

// held is a load that goes on when the test says so.
type held struct {
	arrived, released chan struct{}
	release           func()
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.loads++
	value, h := s.value, s.next
	s.next = nil
	s.mu.Unlock()
	pause := time.After(loadTime)
	if h != nil {
		close(h.arrived)
		pause = nil
	}
	select {
	case <-pause:
	case <-h.end():
	case <-r.Context().Done():
	}
	_, _ = io.WriteString(w, value)
}

// end returns what is closed when the load goes on.
func (h *held) end() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.released
}

// serve makes value the present one.
func (s *source) serve(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = value
}

// hold holds the next load, which gets the value of the moment when it arrives.
func (s *source) hold() *held {
	h := &held{arrived: make(chan struct{}), released: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.released) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = h
	s.held = append(s.held, h)
	return h
}

// wait waits until the load has begun.
func (h *held) wait(t *testing.T) {
	t.Helper()
	select {
	case <-h.arrived:
	case <-time.After(stopTime):
		t.Fatal("no load begins")
	}
}

func (s *source) releaseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.held {
		h.release()
	}
}

// takeLoads returns how many loads there were since it was called last.
func (s *source) takeLoads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.loads
	s.loads = 0
	return n
}
