package neighbours

import (
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
)

// limit is shorter than the slow page takes.
const limit = 5 * time.Second

// timeoutRows limit the time of a request, so that the slow page never comes.
// gin-contrib/timeout and echo v4's Timeout are not here: they leave the handler at work
// with a Context that the framework uses again, and race without larder, too.
var timeoutRows = []neighbour{
	{
		name: "timeout-handler", detached: true,
		http: func(*testing.T) wrapper {
			return func(next http.Handler) http.Handler { return http.TimeoutHandler(next, limit, "too slow") }
		},
		inside:  expectation{fate: shared, runs: neverInTimeNorBroken},
		outside: expectation{fate: shared, runs: neverInTime},
	},
	{
		name:    "chi-timeout",
		http:    func(*testing.T) wrapper { return middleware.Timeout(limit) },
		inside:  expectation{fate: shared, runs: neverInTime},
		outside: expectation{fate: shared, runs: neverInTime},
	},
	{
		name:    "echo4-context-timeout",
		echo4:   func(*testing.T) middlewares { return middlewares{echo4: echo4mw.ContextTimeout(limit)} },
		inside:  expectation{fate: shared, runs: neverInTime},
		outside: expectation{fate: shared, runs: neverInTime},
	},
	{
		name:    "echo5-context-timeout",
		echo5:   func(*testing.T) middlewares { return middlewares{echo5: echo5mw.ContextTimeout(limit)} },
		inside:  expectation{fate: shared, runs: neverInTime},
		outside: expectation{fate: shared, runs: neverInTime},
	},
}

// http.TimeoutHandler keeps to itself that a handler has failed half-way.
var (
	neverInTime          = map[string]int32{"slow": 4}
	neverInTimeNorBroken = map[string]int32{"slow": 4, "broken": 1}
)
