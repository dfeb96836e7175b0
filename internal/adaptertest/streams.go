package adaptertest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// streams are the cases of responses that reach their client while the handler is
// still writing.
var streams = []caseOf{
	{"bytes reach the client as they are flushed, and the page is stored", func(t *testing.T, build Build) {
		goOn := make(chan struct{})
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "first,")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("Flush: %v", err)
			}
			<-goOn
			_, _ = io.WriteString(w, "second")
		}})
		response, err := s.Open(t.Context(), http.MethodGet, "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		part := make([]byte, len("first,"))
		if _, err := io.ReadFull(response.Body, part); err != nil || string(part) != "first," {
			t.Errorf("first %q, %v", part, err)
		}
		close(goOn)
		if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "second" {
			t.Errorf("then %q, %v", rest, err)
		}
		s.Get("/").WantHit(t, "first,second")
	}},
	{"all who wait follow the stream", func(t *testing.T, build Build) {
		goOn, flushed := make(chan struct{}), make(chan struct{}, 9)
		body := strings.Repeat("0123456789", 1000)
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body)
			_ = http.NewResponseController(w).Flush()
			flushed <- struct{}{}
			<-goOn
			_, _ = io.WriteString(w, body)
		}})
		first := s.waiting("/", 1)
		Receive(t, "the handler has flushed", flushed)
		others := s.waiting("/", 5)
		close(goOn)
		for a := range first {
			a.Want(t, http.StatusOK, body+body)
		}
		for a := range others {
			a.Want(t, http.StatusOK, body+body)
		}
		s.wantRuns(1)
	}},
	{"server-sent events reach the client one by one, and are not stored", func(t *testing.T, build Build) {
		next := make(chan struct{})
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range 2 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
				<-next
			}
		}})
		for range 2 {
			response, err := s.Open(t.Context(), http.MethodGet, "/")
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(response.Body)
			for i := range 2 {
				if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) {
					t.Errorf("event %d: %q, %v", i, line, err)
				}
				_, _ = lines.ReadString('\n')
				next <- struct{}{}
			}
			_ = response.Body.Close()
		}
		s.wantRuns(2)
	}},
	{"a connection can be hijacked for another protocol", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("Hijack: %v", err)
				return
			}
			defer conn.Close()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello")
			_ = rw.Flush()
		}})
		for _, fields := range []string{"Upgrade: echo\r\nConnection: Upgrade\r\n", ""} {
			conn := s.Dial()
			_, _ = io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: example.com\r\n"+fields+"\r\n")
			if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), "hello") {
				t.Errorf("with %q: %q, %v", fields, got, err)
			}
		}
		s.wantRuns(2)
	}},
	{"a response that is shorter than it says is broken off, and not stored", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "short")
		}})
		for range 2 {
			if a, err := s.Try(t.Context(), http.MethodGet, "/"); err == nil && (a.Err == nil || a.IsHit()) {
				t.Errorf("%d %q, %s", a.Status, a.Body, a.CacheStatus())
			}
		}
		s.wantRuns(2)
	}},
}
