package gincache_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// gzipWriter compresses as gin-contrib/gzip does: it replaces c.Writer,
// and hides what it does not know.
type gzipWriter struct {
	gin.ResponseWriter
	to *gzip.Writer
}

func (w *gzipWriter) Write(p []byte) (int, error) {
	w.Header().Del("Content-Length")
	return w.to.Write(p)
}

func (w *gzipWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func (w *gzipWriter) WriteHeader(status int) {
	w.Header().Del("Content-Length")
	w.ResponseWriter.WriteHeader(status)
}

// compress is middleware that compresses for those who can read it. Both forms vary (RFC
// 9110, 12.5.5): the newest response without Vary would be that of all.
func compress(c *gin.Context) {
	c.Writer.Header().Add("Vary", "Accept-Encoding")
	if !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		return
	}
	c.Header("Content-Encoding", "gzip")
	z := gzip.NewWriter(c.Writer)
	outer := c.Writer
	c.Writer = &gzipWriter{c.Writer, z}
	defer func() {
		if outer.Size() < 0 {
			z.Reset(io.Discard) // nothing was written, so nothing is to follow
		}
		_ = z.Close()
		c.Header("Content-Length", strconv.Itoa(max(outer.Size(), 0)))
		c.Writer = outer
	}()
	c.Next()
}

// Compression for gin works inside and outside of a page.
// RFC 9110, 12.5.3
func TestCompressionForGin(t *testing.T) {
	body := strings.Repeat("a page that is worth to be compressed ", 100)
	page := func(c *gin.Context) { c.String(http.StatusOK, body) }
	for name, chain := range map[string]gin.HandlersChain{
		"outside": {compress, gincache.CachePage(ttl), page},
		"inside":  {gincache.CachePage(ttl), compress, page},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRouter(t)
			r.GET("/", chain...)
			v := adaptertest.NewVisitor(t, r)
			for range 3 {
				a := v.Get("/", "Accept-Encoding: gzip")
				if a.Header.Get("Content-Encoding") != "gzip" || len(a.Body) >= len(body) {
					t.Fatalf("%d bytes, Content-Encoding %q (%s)", len(a.Body), a.Header.Get("Content-Encoding"), a.CacheStatus())
				}
				z, err := gzip.NewReader(strings.NewReader(a.Body))
				if err != nil {
					t.Fatal(err)
				}
				if plain, err := io.ReadAll(z); err != nil || string(plain) != body {
					t.Errorf("it is %d bytes, %v", len(plain), err)
				}
				a = v.Get("/")
				a.Want(t, http.StatusOK, body)
				if coding := a.Header["Content-Encoding"]; coding != nil {
					t.Errorf("Content-Encoding is %q for who cannot read it", coding)
				}
			}
		})
	}
}

// A custom recovery answers inside and outside of a page.
func TestACustomRecoveryAnswersInsideAndOutside(t *testing.T) {
	answer := gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, v any) {
		c.String(http.StatusInternalServerError, "sorry: %v", v)
		c.Abort()
	})
	for _, where := range []string{"inside", "outside"} {
		t.Run(where, func(t *testing.T) {
			bus := new(signals.Bus)
			told := exceptions(bus)
			r := gin.New()
			lifecycle := gincache.Lifecycle(adaptertest.Lifecycle(t, bus)...)
			if where == "inside" {
				r.Use(lifecycle, gincache.Site(), answer)
			} else {
				r.Use(lifecycle, answer, gincache.Site())
			}
			r.GET("/", func(*gin.Context) { panic(errFault) })
			v := adaptertest.NewVisitor(t, r)
			for range 2 {
				v.Get("/").Want(t, http.StatusInternalServerError, "sorry: a fault")
				adaptertest.Receive(t, "the exception is told", told)
				if len(told) > 0 {
					t.Errorf("it was told again: %v", <-told)
				}
			}
		})
	}
}

// Server-sent events of gin are streamed and not stored.
func TestServerSentEventsOfGinAreNotStored(t *testing.T) {
	r := newRouter(t)
	runs := 0
	r.GET("/", gincache.CachePage(ttl), func(c *gin.Context) {
		runs++
		left := 2
		c.Stream(func(io.Writer) bool {
			c.SSEvent("tick", left)
			left--
			return left > 0
		})
	})
	v := adaptertest.NewVisitor(t, r)
	for range 2 {
		a := v.Get("/")
		a.WantMiss(t, "event:tick\ndata:2\n\nevent:tick\ndata:1\n\n")
		if !strings.Contains(a.CacheStatus(), "detail=event-stream") && !strings.Contains(a.CacheStatus(), "uncacheable") {
			t.Errorf("Cache-Status is %q", a.CacheStatus())
		}
	}
	if runs != 2 {
		t.Errorf("%d runs, want 2", runs)
	}
}

// A connection can be hijacked by gin's own writer, and not only by http.ResponseController.
func TestAConnectionIsHijackedByTheWriterOfGin(t *testing.T) {
	r := newRouter(t)
	r.GET("/", gincache.CachePage(ttl), func(c *gin.Context) {
		conn, rw, err := c.Writer.Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello")
		_ = rw.Flush()
	})
	v := adaptertest.NewVisitor(t, r)
	for range 2 {
		conn := v.Dial()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), "hello") {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// The status that was written before a hijack is sent. coder/websocket writes the status by gin's
// own functions, and then takes the connection over.
func TestTheStatusThatWasWrittenBeforeAHijackIsSent(t *testing.T) {
	r := newRouter(t)
	upgrade := func(c *gin.Context) {
		c.Header("Upgrade", "echo")
		c.Header("Connection", "Upgrade")
		c.Writer.WriteHeader(http.StatusSwitchingProtocols)
		c.Writer.WriteHeaderNow()
		conn, rw, err := c.Writer.Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("hello")
		_ = rw.Flush()
	}
	r.GET("/cached", gincache.CachePage(ttl), upgrade)
	r.GET("/wrapped", gincache.Wrap(middleware.VaryOnCookie), upgrade)
	v := adaptertest.NewVisitor(t, r)
	for _, path := range []string{"/cached", "/wrapped"} {
		conn := v.Dial()
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		got, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 101 ") || !strings.HasSuffix(string(got), "\r\n\r\nhello") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

// An error that is replaced by a stale page is not written behind it.
// RFC 5861, 4
func TestAnErrorBehindAnOldPageIsNotWrittenBehindIt(t *testing.T) {
	bus := new(signals.Bus)
	told := exceptions(bus)
	caches := adaptertest.NewCaches(t)
	s := newFailingSite(t, bus, caches)
	s.Get("/page").WantMiss(t, "page")
	s.fails.Store(true)
	scope := caches.Scope(context.WithoutCancel(t.Context()))
	if err := s.policy.PurgeSoft(scope, s.URL("/page")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.Get("/page").Want(t, http.StatusOK, "page")
		if a := s.Ask(http.MethodHead, "/page"); a.Status != http.StatusOK {
			t.Errorf("HEAD: %d", a.Status)
		}
	}
	if len(told) > 0 {
		t.Errorf("%v was told, though no response was a 500", <-told)
	}
	s.Ask(http.MethodPost, "/page").Want(t, http.StatusInternalServerError, "a fault")
}

// failingSite is a page that may stand in for its own failure, behind middleware
// that makes responses of errors.
type failingSite struct {
	*adaptertest.Visitor
	policy *middleware.Policy
	fails  atomic.Bool
}

func newFailingSite(t *testing.T, bus *signals.Bus, caches *cache.Handler) *failingSite {
	s := &failingSite{policy: middleware.NewPolicy(ttl)}
	r := gin.New()
	r.Use(gincache.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(bus)), func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil {
			c.String(-1, last.Error())
		}
	})
	r.Any("/page", gincache.Cached(s.policy), func(c *gin.Context) {
		if s.fails.Load() {
			_ = c.AbortWithError(http.StatusInternalServerError, errFault)
			return
		}
		c.Header("Cache-Control", "stale-if-error=3600, stale-while-revalidate=0")
		c.String(http.StatusOK, "page")
	})
	s.Visitor = adaptertest.NewVisitor(t, r)
	return s
}
