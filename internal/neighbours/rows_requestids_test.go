package neighbours

import (
	"net/http"
	"sync"
	"testing"

	"github.com/gin-contrib/requestid"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5/middleware"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
)

// requestIDRows give each request an id, and say it in the response. Inside, it is
// the id of the request that the page was made for, which is a part of that.
// ginRequestID is made once: New sets a variable of its package.
var ginRequestID = sync.OnceValue(func() gin.HandlerFunc { return requestid.New() })

var requestIDRows = []neighbour{
	{
		name: "chi-request-id", http: chiRequestID,
		inside:  expectation{fate: shared, differs: idOfTheRun},
		outside: expectation{fate: shared},
	},
	{
		name:    "gin-requestid",
		gin:     func(*testing.T) middlewares { return middlewares{gin: ginRequestID()} },
		inside:  expectation{fate: shared, differs: idOfTheRun},
		outside: expectation{fate: shared},
	},
	{
		name:    "echo4-request-id",
		echo4:   func(*testing.T) middlewares { return middlewares{echo4: echo4mw.RequestID()} },
		inside:  expectation{fate: shared, differs: idOfTheRun},
		outside: expectation{fate: shared},
	},
	{
		name:    "echo5-request-id",
		echo5:   func(*testing.T) middlewares { return middlewares{echo5: echo5mw.RequestID()} },
		inside:  expectation{fate: shared, differs: idOfTheRun},
		outside: expectation{fate: shared},
	},
}

var idOfTheRun = map[string]string{"X-Request-Id": "RFC 9111, 3.1: a cache stores all fields of a response"}

// chiRequestID is chi's middleware with the line that its users add to it.
func chiRequestID(*testing.T) wrapper {
	return func(next http.Handler) http.Handler {
		return middleware.RequestID(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(middleware.RequestIDHeader, middleware.GetReqID(r.Context()))
			next.ServeHTTP(w, r)
		}))
	}
}
