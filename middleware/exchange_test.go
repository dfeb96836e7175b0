package middleware

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestARunThatBeginsAfterItsClientHasLeftDoesNotUseTheClient has the client
// leave between the start of the flight and the run of the handler.
func TestARunThatBeginsAfterItsClientHasLeftDoesNotUseTheClient(t *testing.T) {
	h := CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		w.WriteHeader(http.StatusEarlyHints)
		if err := http.NewResponseController(w).Flush(); err == nil {
			t.Error("Flush has reached somebody")
		}
		if r.Context().Err() == nil {
			t.Error("a stream to nobody was not cancelled")
		}
	})).(*pageHandler)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/page", nil)
	x := &exchange{h: h, w: w, r: r, next: h.next, judgement: h.judge(nil, r)}
	x.start()
	x.Prepare()
	x.left.Store(true)
	if _, err := x.Load(t.Context()); err == nil {
		t.Error("the run has a result")
	}
	if w.Flushed || len(w.Header()) != 0 {
		t.Errorf("the client got %q", w.Header())
	}
}

func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		if m.has([]byte("a")) {
			t.Error("an empty one has a")
		}
		m.remember([]byte("a"))
		if !m.has([]byte("a")) || m.has([]byte("b")) {
			t.Errorf("a: %v, b: %v", m.has([]byte("a")), m.has([]byte("b")))
		}
		time.Sleep(memoryTime - 2*time.Second)
		m.remember([]byte("b"))
		if !m.has([]byte("a")) || !m.has([]byte("b")) {
			t.Errorf("before its time is over: a: %v, b: %v", m.has([]byte("a")), m.has([]byte("b")))
		}
		time.Sleep(2 * time.Second)
		if m.has([]byte("a")) || !m.has([]byte("b")) {
			t.Errorf("after it: a: %v, b: %v", m.has([]byte("a")), m.has([]byte("b")))
		}
	})
}
