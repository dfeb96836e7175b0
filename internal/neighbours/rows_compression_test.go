package neighbours

import (
	"io"
	"net/http"
	"testing"

	"github.com/CAFxX/httpcompression"
	"github.com/NYTimes/gziphandler"
	"github.com/andybalholm/brotli"
	gingzip "github.com/gin-contrib/gzip"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"
	"github.com/klauspost/compress/gzhttp"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
)

// compressionRows compress the page. Ada's browser accepts that, Bob's does not.
// Inside, the page says Vary: Accept-Encoding and there is one for each. Outside,
// so there is where the middleware says Vary before it knows what it compresses.
var compressionRows = []neighbour{
	{
		name: "chi-compress", fields: codings,
		http:    func(*testing.T) wrapper { return middleware.Compress(5) },
		inside:  expectation{fate: perUser, fates: untyped, differs: undeclared, spare: 1},
		outside: expectation{fate: shared, differs: typeByCache},
	},
	{
		name: "gorilla-compress", fields: codings,
		http:    func(*testing.T) wrapper { return handlers.CompressHandler },
		inside:  expectation{fate: perUser, fates: identityFile},
		outside: expectation{fate: perUser, fates: identityFile}, // it takes away what Ada accepts; Bob accepts no coding
	},
	{
		name: "gzhttp", fields: codings,
		http: func(*testing.T) wrapper {
			return func(next http.Handler) http.Handler { return gzhttp.GzipHandler(next) }
		},
		inside:  expectation{fate: perUser, fates: identityFile, runs: failureUnwrapped},
		outside: expectation{fate: perUser, fates: identityFile},
	},
	{
		name: "gziphandler", fields: codings,
		http:    func(*testing.T) wrapper { return gziphandler.GzipHandler },
		inside:  expectation{fate: perUser, fates: identityFile, runs: failureCompressed, differs: heldBack},
		outside: expectation{fate: perUser, fates: identityFile},
	},
	{
		name: "httpcompression", fields: codings,
		http: func(t *testing.T) wrapper {
			adapter, err := httpcompression.DefaultAdapter()
			if err != nil {
				t.Fatal(err)
			}
			return adapter
		},
		inside:  expectation{fate: perUser, fates: identityFile, runs: failureCompressed, differs: heldBack},
		outside: expectation{fate: perUser, fates: identityFile},
	},
	{
		name: "brotli", fields: codings,
		http:    func(*testing.T) wrapper { return brotliHandler },
		inside:  expectation{fate: perUser, fates: identityFile},
		outside: expectation{fate: perUser, fates: identityFile},
	},
	{
		name: "gin-gzip", fields: codings,
		gin:     func(*testing.T) middlewares { return middlewares{gin: gingzip.Gzip(gingzip.DefaultCompression)} },
		inside:  expectation{fate: perUser, fates: bobsFirst, differs: undeclared, spare: 1},
		outside: expectation{fate: perUser, fates: identityFile, runs: varyLearnt},
	},
	{
		name: "echo4-gzip", fields: codings,
		echo4:   func(*testing.T) middlewares { return middlewares{echo4: echo4mw.Gzip()} },
		inside:  expectation{fate: perUser, fates: identityFile},
		outside: expectation{fate: perUser, fates: identityFile},
	},
	{
		name: "echo5-gzip", fields: codings,
		echo5:   func(*testing.T) middlewares { return middlewares{echo5: echo5mw.Gzip()} },
		inside:  expectation{fate: perUser, fates: identityFile, runs: failureCompressed},
		outside: expectation{fate: perUser, fates: identityFile},
	},
}

var (
	// Players ask for the file without a coding, so it is one for both.
	identityFile = map[string]fate{"file": shared}

	// gin-contrib and chi say Vary only where they have compressed: what Bob gets is
	// for everybody. chi compresses nothing without a Content-Type.
	bobsFirst  = map[string]fate{"file": shared, "abandoned": shared}
	untyped    = map[string]fate{"file": shared, "abandoned": shared, "cold": shared, "hit": shared}
	undeclared = map[string]string{
		"Content-Encoding": "RFC 9111, 4.1: without Vary, a response is for every request",
		"Vary":             "RFC 9111, 4.1: without Vary, a response is for every request",
	}

	// Bob's page is stored without Vary, and again when Ada's has told of it.
	varyLearnt = map[string]int32{"abandoned": 4}

	// chi compresses what has a Content-Type, and the cache tells it.
	typeByCache = map[string]string{
		"Content-Encoding": "RFC 9110, 8.3: a sender knows the type of what it sends",
		"Vary":             "RFC 9110, 8.3: a sender knows the type of what it sends",
	}

	// A compressor at work keeps to itself that the handler has failed half-way. The
	// adapters tell the cache past one that can be unwrapped.
	failureCompressed = map[string]int32{"broken": 3}
	failureUnwrapped  = map[string]int32{"broken": 3, "gin/broken": 4, "echo5/broken": 4}

	// Ada's compressor holds the stream back, so nobody knows yet that it is one, and Bob waits.
	heldBack = map[string]string{"early": "RFC 9111, 4: requests for one page may be collapsed"}
)

func codings(user string) http.Header {
	if user == "ada" {
		return http.Header{"Accept-Encoding": {"gzip, br"}}
	}
	return http.Header{"Accept-Encoding": {"identity"}}
}

// brotliHandler compresses by andybalholm/brotli, which has no middleware of its own.
func brotliHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		c := &brotliWriter{ResponseWriter: w, r: r}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// brotliWriter chooses the coding at the first byte.
type brotliWriter struct {
	http.ResponseWriter
	r  *http.Request
	to io.WriteCloser // nil before the header, and for responses without content
}

func (w *brotliWriter) WriteHeader(status int) {
	if w.to == nil && status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Del("Content-Length")
		w.to = brotli.HTTPCompressor(w.ResponseWriter, w.r)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *brotliWriter) Write(p []byte) (int, error) {
	if w.to == nil {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	return w.to.Write(p)
}

func (w *brotliWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *brotliWriter) close() {
	if w.to != nil {
		_ = w.to.Close()
	}
}
