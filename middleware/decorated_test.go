package middleware_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// decorators are all that there are, so that a rule of their common writer is
// tested with each.
var decorators = map[string]func(http.Handler) http.Handler{
	"NeverCache":     middleware.NeverCache,
	"CacheControl":   middleware.CacheControl(middleware.Public, middleware.MaxAge(time.Minute)),
	"VaryOnHeaders":  middleware.VaryOnHeaders("Origin"),
	"VaryOnCookie":   middleware.VaryOnCookie,
	"ConditionalGet": middleware.ConditionalGet(1 << 20),
	"ETag":           middleware.ETag(tagged(`"tag"`)),
	"LastModified":   middleware.LastModified(modifiedAt(someTime)),
}

var someTime = time.Date(2007, time.October, 21, 23, 21, 47, 0, time.UTC)

func tagged(tag string) func(*http.Request) (string, error) {
	return func(*http.Request) (string, error) { return tag, nil }
}

func modifiedAt(t time.Time) func(*http.Request) (time.Time, error) {
	return func(*http.Request) (time.Time, error) { return t, nil }
}

// eachDecorator runs a test with each decorator around h.
func eachDecorator(t *testing.T, h http.Handler, test func(t *testing.T, h http.Handler)) {
	for name, decorate := range decorators {
		t.Run(name, func(t *testing.T) { test(t, decorate(h)) })
	}
}

// A header decorator has its effect however the handler writes its response.
func TestADecoratedHeaderGoesOutHoweverTheHandlerWritesIt(t *testing.T) {
	for how, serve := range map[string]http.HandlerFunc{
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"WriteHeader": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"Write":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("page")) },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") },
		"ReadFrom": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, io.LimitReader(strings.NewReader("page"), 4))
		},
		"Flush":    func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"Redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) },
		"Error":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTeapot) },
	} {
		h := middleware.NeverCache(middleware.VaryOnCookie(middleware.ConditionalGet(100)(serve)))
		a := fetch(t, newServer(t, h), "GET", "/")
		if a.header.Get("Vary") != "Cookie" || !strings.Contains(a.header.Get("Cache-Control"), "no-store") || a.header["Expires"] == nil {
			t.Errorf("%s: the header is %q", how, a.header)
		}
		if a.err != nil || a.body != "" && a.body != "page" && a.status == http.StatusOK {
			t.Errorf("%s: the body is %q, %v", how, a.body, a.err)
		}
	}
}

// A header decorator changes nothing else of the response.
func TestADecoratedResponseIsOtherwiseAsItWas(t *testing.T) {
	for body, length := range map[string]string{"": "0", "page": "4", strings.Repeat("page", 10000): ""} {
		h := answering(body, "X-Field: 1", "X-Field: 2")
		eachDecorator(t, h, func(t *testing.T, h http.Handler) {
			a := fetch(t, newServer(t, h), "GET", "/")
			a.wantBody(t, body)
			if len(a.header["X-Field"]) != 2 || length != "" && a.header.Get("Content-Length") != length {
				t.Errorf("the header is %q", a.header)
			}
			if want := "text/plain; charset=utf-8"; body != "" && a.header.Get("Content-Type") != want {
				t.Errorf("the type is %q, want %q", a.header.Get("Content-Type"), want)
			}
		})
	}
}

// Interim responses pass a header decorator unchanged.
// RFC 8297, 2
func TestInterimResponsesPassADecorator(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		_, _ = io.WriteString(w, "page")
	})
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		s := newServer(t, h)
		hints := 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				if code == http.StatusEarlyHints && header.Get("Link") != "" {
					hints++
				}
				return nil
			},
		})
		r, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if hints != 1 || response.StatusCode != 200 || string(body) != "page" || err != nil {
			t.Errorf("%d hints, %d %q, %v", hints, response.StatusCode, body, err)
		}
	})
}

// A flush reaches the client through a header decorator.
func TestADecoratedResponseIsStreamed(t *testing.T) {
	next := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "one ")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
		<-next
		_, _ = io.WriteString(w, "two")
	})
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		s := newServer(t, h)
		response, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		first := make([]byte, 4)
		if _, err := io.ReadFull(response.Body, first); err != nil {
			t.Fatal(err)
		}
		next <- struct{}{}
		if rest, err := io.ReadAll(response.Body); string(rest) != "two" || err != nil {
			t.Errorf("%q, %v", rest, err)
		}
	})
}

// Trailers pass a header decorator.
// RFC 9110, 6.5
func TestTrailersPassADecorator(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/announced" {
			w.Header().Set("Trailer", "X-Sum")
			defer w.Header().Set("X-Sum", "1")
		} else {
			defer w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		}
		_, _ = io.WriteString(w, strings.Repeat("page", 1000))
	})
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		s := newServer(t, h)
		for _, path := range []string{"/announced", "/late"} {
			response, err := s.Client().Get(s.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if len(body) != 4000 || err != nil || response.Trailer.Get("X-Sum") != "1" {
				t.Errorf("%s: %d bytes, %v, trailers %q", path, len(body), err, response.Trailer)
			}
		}
	})
}

// A handler can hijack its connection through a header decorator.
// RFC 9110, 7.8
func TestAConnectionIsTakenThroughADecorator(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello")
		if _, err := w.Write([]byte("page")); !errors.Is(err, http.ErrHijacked) {
			t.Errorf("Write: %v, want ErrHijacked", err)
		}
	})
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		got := raw(t, newServer(t, h), "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
		if want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// A header decorator supports exactly what the writer below supports.
func TestWhatTheWriterCannotDoADecoratorCannot(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		if err := c.Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush: %v", err)
		}
		if _, _, err := c.Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v", err)
		}
		if err := c.SetWriteDeadline(time.Time{}); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("SetWriteDeadline: %v", err)
		}
	})
	eachDecorator(t, h, func(_ *testing.T, h http.Handler) {
		h.ServeHTTP(&nowhere{header: make(http.Header)}, request("GET", "/"))
	})
}

// Deadlines and full duplex pass a header decorator.
func TestDeadlinesAndFullDuplexPassADecorator(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		for name, err := range map[string]error{
			"SetReadDeadline":  c.SetReadDeadline(time.Now().Add(time.Hour)),
			"SetWriteDeadline": c.SetWriteDeadline(time.Now().Add(time.Hour)),
			"EnableFullDuplex": c.EnableFullDuplex(),
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	eachDecorator(t, h, func(t *testing.T, h http.Handler) { fetch(t, newServer(t, h), "GET", "/") })
}

// source notes what a response is read from.
type source struct {
	http.ResponseWriter
	reader io.Reader
}

func (s *source) ReadFrom(r io.Reader) (int64, error) {
	s.reader = r
	return s.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
}

// A file is sent through a header decorator by the writer's own ReadFrom.
func TestAFileIsSentThroughADecoratorWithoutBeingCopied(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.txt")
	content := strings.Repeat("page", 500_000) // more than ConditionalGet holds
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		read := make(chan io.Reader, 1)
		s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			spy := &source{ResponseWriter: w}
			h.ServeHTTP(spy, r)
			read <- spy.reader
		}))
		a := fetch(t, s, "GET", "/")
		reader := <-read
		limited, ok := reader.(*io.LimitedReader)
		if !ok {
			t.Fatalf("the response was read from a %T", reader)
		}
		if _, ok := limited.R.(*os.File); !ok {
			t.Errorf("the response was read from a %T", limited.R)
		}
		if a.body != content || a.header.Get("Content-Length") != fmt.Sprint(len(content)) {
			t.Errorf("%d bytes, %q", len(a.body), a.header)
		}
	})
}

// A panic passes a header decorator with its value.
func TestAPanicPassesADecorator(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"at once":         func(http.ResponseWriter, *http.Request) { panic("broken") },
		"after some text": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "half a pa"); panic("broken") },
	} {
		eachDecorator(t, serve, func(t *testing.T, h http.Handler) {
			w := httptest.NewRecorder()
			if got := panicOf(func() { h.ServeHTTP(w, request("GET", "/")) }); got != "broken" {
				t.Errorf("%s: the panic is %v", name, got)
			}
		})
	}
}

// After a panic, a header decorator leaves nothing in the header that describes the page.
func TestAHandlerThatPanickedLeavesNothingThatSpeaksOfItsPage(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })
	recoverer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		a := ask(recoverer(h), "/")
		for _, name := range []string{"Etag", "Last-Modified"} {
			if a.header[name] != nil {
				t.Errorf("%s of the error is %q", name, a.header[name])
			}
		}
		if a.status != http.StatusInternalServerError || strings.Contains(a.header.Get("Cache-Control"), "public") {
			t.Errorf("%d, %q", a.status, a.header)
		}
	})
}

// A second WriteHeader is ignored behind a header decorator.
func TestTheSecondHeaderOfAHandlerIsIgnored(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "page")
	})
	eachDecorator(t, h, func(t *testing.T, h http.Handler) {
		if a := ask(h, "/"); a.status != http.StatusOK || a.body != "page" {
			t.Errorf("%d %q", a.status, a.body)
		}
	})
}

// Header decorators work over HTTP/2.
func TestDecoratedResponsesOverHTTP2(t *testing.T) {
	for _, body := range []string{"page", strings.Repeat("page", 500_000)} {
		eachDecorator(t, answering(body), func(t *testing.T, h http.Handler) {
			s := httptest.NewUnstartedServer(h)
			s.EnableHTTP2 = true
			s.StartTLS()
			defer s.Close()
			response, err := s.Client().Get(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			got, err := io.ReadAll(response.Body)
			if response.ProtoMajor != 2 || string(got) != body || err != nil {
				t.Errorf("HTTP/%d, %d bytes, %v", response.ProtoMajor, len(got), err)
			}
		})
	}
}

// Events reach the client one by one through two header decorators.
func TestAnEventStreamPassesDecorators(t *testing.T) {
	next := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 2 {
			_, _ = fmt.Fprintf(w, "data: %d\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	s := newServer(t, middleware.NeverCache(middleware.ConditionalGet(1<<20)(h)))
	response, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for i := range 2 {
		if want := fmt.Sprintf("data: %d", i); !lines.Scan() || lines.Text() != want {
			t.Errorf("%q, want %q", lines.Text(), want)
		}
		next <- struct{}{}
	}
	if response.Header["Etag"] != nil || !strings.Contains(response.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("the header is %q", response.Header)
	}
}
