package middleware_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
)

// What net/http does on real connections, with a cache in between.

// wires are servers of a handler that speak each version of HTTP, with a client
// for it.
func wires(t *testing.T, h http.Handler) map[string]*httptest.Server {
	t.Helper()
	servers := map[string]*httptest.Server{"HTTP/1.1": newServer(t, h)}

	encrypted := httptest.NewUnstartedServer(h)
	encrypted.EnableHTTP2 = true
	encrypted.StartTLS()
	t.Cleanup(encrypted.Close)
	servers["HTTP/2.0 over TLS"] = encrypted

	clear := httptest.NewUnstartedServer(h)
	clear.Config.Protocols = new(http.Protocols)
	clear.Config.Protocols.SetUnencryptedHTTP2(true)
	clear.Start()
	t.Cleanup(clear.Close)
	transport := clear.Client().Transport.(*http.Transport)
	transport.Protocols = clear.Config.Protocols
	servers["HTTP/2.0 in clear"] = clear

	for name, s := range servers {
		transport := s.Client().Transport.(*http.Transport)
		transport.DisableCompression = true
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = new(tls.Config)
		}
		if a := fetch(t, s, "GET", "/protocol"); a.err != nil {
			t.Fatalf("%s: %v", name, a.err)
		}
	}
	return servers
}

// onEachWire runs a test with a cache of its own for each version of HTTP.
func onEachWire(t *testing.T, h *handler, test func(t *testing.T, s *httptest.Server)) {
	t.Helper()
	probed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/protocol" {
			w.Header().Set("Cache-Control", "no-store")
			_, _ = io.WriteString(w, r.Proto)
			return
		}
		h.ServeHTTP(w, r)
	})
	for _, name := range []string{"HTTP/1.1", "HTTP/2.0 over TLS", "HTTP/2.0 in clear"} {
		t.Run(name, func(t *testing.T) {
			h.runs.Store(0)
			s := wires(t, cached(t, probed))[name]
			if a := fetch(t, s, "GET", "/protocol"); a.body != name[:len("HTTP/1.1")] {
				t.Fatalf("the protocol is %s", a.body)
			}
			test(t, s)
		})
	}
}

// Over each protocol version a hit has the body and the fields of the miss.
func TestOnTheWireAHitIsWhatTheMissWas(t *testing.T) {
	long := strings.Repeat("page ", 10_000)
	for _, body := range []string{"", "page", long} {
		for _, fields := range [][]string{nil, {fmt.Sprint("Content-Length: ", len(body))}} {
			h := answering(body, append(fields, "X-Many: 1", "X-Many: 2", `ETag: "1"`)...)
			onEachWire(t, h, func(t *testing.T, s *httptest.Server) {
				for i := range 3 {
					a := fetch(t, s, "GET", "/page")
					a.wantBody(t, body)
					if a.isHit() != (i > 0) || len(a.header["X-Many"]) != 2 {
						t.Errorf("%d: %q", i, a.header)
					}
					head := fetch(t, s, "HEAD", "/page")
					if head.body != "" || head.status != 200 || head.header.Get("Content-Length") != fmt.Sprint(len(body)) || !head.isHit() {
						t.Errorf("HEAD %d: %d %q", i, head.status, head.header)
					}
					condition := fetch(t, s, "GET", "/page", `If-None-Match: "1"`)
					if condition.status != 304 || condition.body != "" || condition.header.Get("Content-Length") != "" {
						t.Errorf("304: %d %q %q", condition.status, condition.header, condition.body)
					}
				}
				h.wantRuns(t, 1)
			})
		}
	}
}

// Over each protocol version a status without a body has none.
// RFC 9110, 6.4.1
func TestOnTheWireAStatusWithoutABody(t *testing.T) {
	for _, status := range []int{204, 205, 304} {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			w.WriteHeader(status)
		}}
		onEachWire(t, h, func(t *testing.T, s *httptest.Server) {
			for range 2 {
				if a := fetch(t, s, "GET", "/page"); a.status != status || a.body != "" || a.err != nil {
					t.Errorf("%d: %d %q %v", status, a.status, a.body, a.err)
				}
			}
		})
	}
}

// Over each protocol version 103 reaches the first client and is not replayed.
// RFC 8297, 2
func TestOnTheWireEarlyHints(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
		}
		w.WriteHeader(http.StatusProcessing)
		_, _ = io.WriteString(w, "page")
	}}
	onEachWire(t, h, func(t *testing.T, s *httptest.Server) {
		for i, want := range []int{4, 0} {
			hints := 0
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				Got1xxResponse: func(int, textproto.MIMEHeader) error { hints++; return nil },
			})
			r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/page", nil)
			response, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if hints != want || string(body) != "page" || response.StatusCode != 200 {
				t.Errorf("request %d: %d hints, want %d; %d %q", i, hints, want, response.StatusCode, body)
			}
		}
	})
}

// Over each protocol version trailers reach the first client.
// RFC 9110, 6.5
func TestOnTheWireTrailers(t *testing.T) {
	for name, respond := range map[string]http.HandlerFunc{
		"announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			_, _ = io.WriteString(w, "page")
			w.Header().Set("X-Sum", "1")
		},
		"late": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "page")
			w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		},
		"late and long": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("page", 5000))
			w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		},
		"after a flush": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "page")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		},
	} {
		onEachWire(t, &handler{serve: respond}, func(t *testing.T, s *httptest.Server) {
			for range 2 {
				response, err := s.Client().Get(s.URL + "/page")
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				// A short HTTP/1.1 response has a length, and so no trailers.
				has := response.Trailer.Get("X-Sum") == "1"
				if err != nil || !strings.HasPrefix(string(body), "page") || !has && response.Header.Get("Content-Length") == "" {
					t.Errorf("%s: %.10q, %v, trailers %q, %q", name, body, err, response.Trailer, response.Header)
				}
			}
		})
	}
}

// HTTP/1.0 and pipelined requests are answered correctly.
// RFC 9112, 9.3.2
func TestOnTheWireHTTP10AndPipelining(t *testing.T) {
	long := strings.Repeat("x", 5000)
	s := newServer(t, cached(t, &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "page "+r.URL.Path)
		if r.URL.Path == "/long" {
			_, _ = io.WriteString(w, long)
		}
	}}))
	for i := range 3 {
		for _, path := range []string{"/short", "/long"} {
			answer := raw(t, s, "GET "+path+" HTTP/1.0\r\n\r\n")
			header, body, _ := strings.Cut(answer, "\r\n\r\n")
			want := "page " + path
			if path == "/long" {
				want += long
			}
			if body != want || strings.Contains(header, "chunked") || strings.Contains(header, "larder; hit") != (i > 0) {
				t.Errorf("%s, %d: %s\n%.50s", path, i, header, body)
			}
		}
		answer := raw(t, s, strings.Repeat("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", 3)+"HEAD /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if n := strings.Count(answer, "page /short"); n != 3 || strings.Contains(answer, "page /long") {
			t.Errorf("pipelined: %d pages, %.2000s", n, answer)
		}
	}
}

// Over each protocol version a client sees that a response was cut off.
// RFC 9112, 8
func TestOnTheWireHalfAPageIsSeenToBe(t *testing.T) {
	for name, text := range map[string]string{"short": "half", "long": strings.Repeat("half", 5000)} {
		for _, how := range []any{"bug", http.ErrAbortHandler} {
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, text)
				panic(how)
			}}
			onEachWire(t, h, func(t *testing.T, s *httptest.Server) {
				s.Config.ErrorLog = nil
				for range 2 {
					r, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), "GET", s.URL+"/page", nil)
					response, err := s.Client().Do(r)
					if err != nil {
						continue // nothing came at all
					}
					_, err = io.ReadAll(response.Body)
					response.Body.Close()
					if err == nil {
						t.Errorf("%s: the client takes %d for whole", name, response.StatusCode)
					}
				}
			})
		}
	}
}
