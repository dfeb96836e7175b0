package echocache_test

import (
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
)

// Whatever method of the Context a handler sends with, the response is stored.
func TestWhateverAHandlerSendsIsRecorded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.bin")
	if err := os.WriteFile(file, []byte(strings.Repeat("\x00\xff", 3000)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(file)) // echo serves files under the directory of the program
	keep := func(c echo.Context) { c.Response().Header().Set("Cache-Control", "max-age=60") }
	for name, send := range map[string]echo.HandlerFunc{
		"JSON":       func(c echo.Context) error { return c.JSON(http.StatusOK, map[string]int{"a": 1}) },
		"String":     func(c echo.Context) error { return c.String(http.StatusOK, "text") },
		"HTML":       func(c echo.Context) error { return c.HTML(http.StatusOK, "<b>page</b>") },
		"Blob":       func(c echo.Context) error { return c.Blob(http.StatusOK, "image/png", []byte("\x89PNG")) },
		"JSONPretty": func(c echo.Context) error { return c.JSONPretty(http.StatusOK, map[string]int{"a": 1}, "  ") },
		"JSONBlob":   func(c echo.Context) error { return c.JSONBlob(http.StatusOK, []byte("{}")) },
		"JSONP":      func(c echo.Context) error { return c.JSONP(http.StatusOK, "f", 1) },
		"HTMLBlob":   func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, []byte("<b>page</b>")) },
		"XMLBlob":    func(c echo.Context) error { return c.XMLBlob(http.StatusOK, []byte("<a/>")) },
		"Inline":     func(c echo.Context) error { return c.Inline("file.bin", "a.bin") },
		"Render":     func(c echo.Context) error { return c.Render(http.StatusOK, "page", "<you>") },
		"XML":        func(c echo.Context) error { return c.XML(http.StatusOK, []int{1, 2}) },
		"Stream":     func(c echo.Context) error { return c.Stream(http.StatusOK, "text/plain", strings.NewReader("text")) },
		"Attachment": func(c echo.Context) error { return c.Attachment("file.bin", "a.bin") },
		"File":       func(c echo.Context) error { return c.File("file.bin") },
		"Writer": func(c echo.Context) error {
			_, err := io.WriteString(c.Response(), "text")
			return err
		},
		"Flush": func(c echo.Context) error {
			for range 3 {
				_, _ = io.WriteString(c.Response(), "part")
				_ = http.NewResponseController(c.Response()).Flush()
			}
			return nil
		},
		"Nothing":   func(echo.Context) error { return nil },
		"NoContent": func(c echo.Context) error { keep(c); return c.NoContent(http.StatusNoContent) },
		"Redirect":  func(c echo.Context) error { keep(c); return c.Redirect(http.StatusFound, "/there") },
		"Gone":      func(c echo.Context) error { keep(c); return echo.NewHTTPError(http.StatusGone, "gone") },
	} {
		t.Run(name, func(t *testing.T) {
			e, runs := newEcho(t), 0
			e.Renderer = templates{template.Must(template.New("page").Parse("<b>{{.}}</b>"))}
			handler := func(c echo.Context) error { runs++; return send(c) }
			e.GET("/plain", handler)
			e.GET("/cached", handler, echocache.CachePage(ttl))
			v := adaptertest.NewVisitor(t, e)
			plain, first, second := v.Get("/plain"), v.Get("/cached"), v.Get("/cached")
			for _, got := range []adaptertest.Answer{first, second} {
				got.Want(t, plain.Status, plain.Body)
				for _, name := range []string{"Content-Type", "Content-Disposition", "Location"} {
					if got.Header.Get(name) != plain.Header.Get(name) && plain.Header.Get(name) != "" {
						t.Errorf("%s is %q, want %q", name, got.Header.Get(name), plain.Header.Get(name))
					}
				}
			}
			if runs != 2 || !second.IsHit() {
				t.Errorf("%d runs, want 2; %s", runs, second.CacheStatus())
			}
		})
	}
}

// Outer middleware sees the Context as it was.
func TestTheContextIsAsItWasForWhatIsOutside(t *testing.T) {
	e := newEcho(t)
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			response, request := c.Response(), c.Request()
			err := next(c)
			if c.Response() != response || c.Request() != request {
				t.Error("the response or the request is another")
			}
			if status, size, committed := outcome(c); status != http.StatusOK || size != 4 || !committed {
				t.Errorf("status %d, size %d, committed %v", status, size, committed)
			}
			return err
		}
	})
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "page") }, echocache.CachePage(ttl))
	v := adaptertest.NewVisitor(t, e)
	v.Get("/").WantMiss(t, "page")
	v.Get("/").WantHit(t, "page")
}

// Hooks of a response run for the response that they were added to.
func TestHooksRunForTheResponseOnWhichTheyAre(t *testing.T) {
	e := newEcho(t)
	outside, inside := 0, 0
	hook := func(name string, after *int) echo.MiddlewareFunc {
		return func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				res := response(c)
				res.Before(func() { res.Header().Add("X-Hook", name) })
				res.After(func() { *after++ })
				return next(c)
			}
		}
	}
	e.Use(hook("outside", &outside))
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "page") }, echocache.CachePage(ttl), hook("inside", &inside))
	v := adaptertest.NewVisitor(t, e)
	for i := range 3 {
		a := v.Get("/")
		if got := strings.Join(a.Header["X-Hook"], " "); got != "inside outside" {
			t.Errorf("X-Hook is %q", got)
		}
		if outside != i+1 || inside != 1 {
			t.Errorf("after: %d outside, %d inside", outside, inside)
		}
	}
}

// Echo's own compression works inside and outside of a page.
// RFC 9110, 12.5.3
func TestEchosOwnCompression(t *testing.T) {
	body := strings.Repeat("a page that is worth to be compressed ", 100)
	page := func(c echo.Context) error { return c.String(http.StatusOK, body) }
	for name, build := range map[string]func(*echo.Echo){
		"outside": func(e *echo.Echo) { e.Use(echomiddleware.Gzip()); e.GET("/", page, echocache.CachePage(ttl)) },
		"inside":  func(e *echo.Echo) { e.GET("/", page, echocache.CachePage(ttl), echomiddleware.Gzip()) },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEcho(t)
			build(e)
			v := adaptertest.NewVisitor(t, e)
			for range 2 {
				if a := v.Get("/", "Accept-Encoding: gzip"); a.Header.Get("Content-Encoding") != "gzip" || len(a.Body) >= len(body) {
					t.Errorf("%d bytes, Content-Encoding %q", len(a.Body), a.Header.Get("Content-Encoding"))
				}
				a := v.Get("/")
				a.Want(t, http.StatusOK, body)
				if coding := a.Header["Content-Encoding"]; coding != nil {
					t.Errorf("Content-Encoding is %q", coding)
				}
			}
		})
	}
}

// Server-sent events of echo are streamed and not stored.
func TestServerSentEventsOfEchoAreNotStored(t *testing.T) {
	e, runs := newEcho(t), 0
	e.GET("/", func(c echo.Context) error {
		runs++
		c.Response().Header().Set("Content-Type", "text/event-stream")
		for range 2 {
			_, _ = io.WriteString(c.Response(), "data: tick\n\n")
			if err := http.NewResponseController(c.Response()).Flush(); err != nil {
				t.Errorf("Flush: %v", err)
			}
		}
		return nil
	}, echocache.CachePage(ttl))
	v := adaptertest.NewVisitor(t, e)
	for range 2 {
		v.Get("/").WantMiss(t, "data: tick\n\ndata: tick\n\n")
	}
	if runs != 2 {
		t.Errorf("%d runs, want 2", runs)
	}
}

// A connection can be hijacked by echo's own response, and not only by http.ResponseController.
func TestAConnectionIsHijackedByTheResponseOfEcho(t *testing.T) {
	e := newEcho(t)
	e.GET("/", func(c echo.Context) error {
		conn, rw, err := response(c).Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return nil
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello")
		return rw.Flush()
	}, echocache.CachePage(ttl))
	v := adaptertest.NewVisitor(t, e)
	for range 2 {
		conn := v.Dial()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), "hello") {
			t.Errorf("%q, %v", got, err)
		}
	}
}
