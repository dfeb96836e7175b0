package middleware

import (
	"net/http"
	"net/http/httptest"
	"testing"
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
