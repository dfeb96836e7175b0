package neighbours

import (
	"io"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/felixge/httpsnoop"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"
	echo4 "github.com/labstack/echo/v4"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// observerRows look at requests and responses, recover from panics, or bend the
// request.
var observerRows = []neighbour{
	observer("otelhttp", func(*testing.T) wrapper { return otelhttp.NewMiddleware("shop") }),
	observer("httpsnoop", func(*testing.T) wrapper {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httpsnoop.CaptureMetrics(next, w, r) })
		}
	}),
	{
		name: "chi-logger",
		http: func(*testing.T) wrapper {
			return middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0), NoColor: true})
		},
		inside:  expectation{fate: shared, runs: failureHidden},
		outside: expectation{fate: shared},
	},
	observer("chi-recoverer", func(*testing.T) wrapper { return middleware.Recoverer }),
	observer("chi-throttle", func(*testing.T) wrapper { return middleware.ThrottleBacklog(2, 20, time.Minute) }),
	observer("chi-strip-slashes", func(*testing.T) wrapper { return middleware.StripSlashes }),
	observer("chi-redirect-slashes", func(*testing.T) wrapper { return middleware.RedirectSlashes }),
	observer("chi-set-header", func(*testing.T) wrapper { return middleware.SetHeader("Content-Type", "application/json") }),
	//lint:ignore SA1019 it is what applications have
	observer("chi-real-ip", func(*testing.T) wrapper { return middleware.RealIP }),
	observer("gorilla-logging", func(*testing.T) wrapper {
		return func(next http.Handler) http.Handler { return handlers.CombinedLoggingHandler(io.Discard, next) }
	}),
	{
		name: "gorilla-recovery",
		http: func(*testing.T) wrapper {
			return handlers.RecoveryHandler(handlers.RecoveryLogger(log.New(io.Discard, "", 0)))
		},
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared, differs: abortAnswered},
	},
	observer("gorilla-proxy-headers", func(*testing.T) wrapper { return handlers.ProxyHeaders }),
	observer("max-bytes-handler", func(*testing.T) wrapper {
		return func(next http.Handler) http.Handler { return http.MaxBytesHandler(next, 1<<20) }
	}),
	observer("strip-prefix", func(*testing.T) wrapper {
		return func(next http.Handler) http.Handler { return http.StripPrefix(prefix, next) }
	}),
	{
		name:    "gin-logger",
		gin:     func(*testing.T) middlewares { return middlewares{gin: gin.LoggerWithWriter(io.Discard)} },
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name:    "gin-recovery",
		gin:     func(*testing.T) middlewares { return middlewares{gin: gin.RecoveryWithWriter(io.Discard)} },
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name: "echo4-logger",
		echo4: func(*testing.T) middlewares {
			//lint:ignore SA1019 it is what applications have
			return middlewares{echo4: echo4mw.LoggerWithConfig(echo4mw.LoggerConfig{Output: io.Discard})}
		},
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name:    "echo4-recover",
		echo4:   func(*testing.T) middlewares { return middlewares{echo4: echo4mw.Recover()} },
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name:    "echo5-recover",
		echo5:   func(*testing.T) middlewares { return middlewares{echo5: echo5mw.Recover()} },
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name: "echo4-body-dump",
		echo4: func(*testing.T) middlewares {
			return middlewares{echo4: echo4mw.BodyDump(func(echo4.Context, []byte, []byte) {})}
		},
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
}

// chi's ResponseWriter keeps to itself that a handler has failed half-way. The adapters
// tell the cache past it.
var failureHidden = map[string]int32{"broken": 1, "gin/broken": 4, "echo5/broken": 4}

// gorilla/handlers answers http.ErrAbortHandler, too, by which net/http's own
// ReverseProxy and larder break off a response whose client has left.
var abortAnswered = map[string]string{"log": "net/http: ErrAbortHandler breaks off a response that has begun"}

// observer is a row for middleware of net/http that leaves the page as it is.
func observer(name string, m func(*testing.T) wrapper) neighbour {
	return neighbour{name: name, http: m, inside: expectation{fate: shared}, outside: expectation{fate: shared}}
}
