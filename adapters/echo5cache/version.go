package echo5cache

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/larder-go/larder/internal/pagecache/engine"
)

// This file has all that differs between echo v4 and v5. The other files of this package
// are generated from those of package echocache.

//go:generate go run ../../internal/gen/echo5

// committed reports whether the response of c has begun, as far as it is one of echo's.
func committed(c *echo.Context) bool {
	response, err := echo.UnwrapResponse(c.Response())
	return err == nil && response.Committed
}

// uncommitted reports whether it is known that the response of c has not begun.
func uncommitted(c *echo.Context) bool {
	response, err := echo.UnwrapResponse(c.Response())
	return err == nil && !response.Committed
}

// statusOf returns the status of the response of c.
func statusOf(c *echo.Context) int {
	_, status := echo.ResolveResponseStatus(c.Response(), nil)
	return status
}

// handleError passes the error of a handler to the HTTPErrorHandler.
func handleError(c *echo.Context, err error) { c.Echo().HTTPErrorHandler(c, err) }

// record calls next with a response of c that goes to w, and returns that response. The
// error is that of next, or [engine.ErrBypassed] if it has answered with another response.
func record(c *echo.Context, next echo.HandlerFunc, w http.ResponseWriter) (*echo.Response, error) {
	inner := echo.NewResponse(w, c.Logger())
	inner.Status = http.StatusOK // until the handler says something else, as in any Context
	c.SetResponse(&response{inner})
	err := next(c)
	last, unknown := echo.UnwrapResponse(c.Response())
	if (unknown != nil || last != inner) && !inner.Committed {
		return inner, engine.ErrBypassed
	}
	return inner, err
}

// response is the Response of a handler whose response is recorded.
type response struct{ *echo.Response }

// Unwrap is for [echo.UnwrapResponse].
func (r *response) Unwrap() http.ResponseWriter { return r.Response }

// WriteHeader implements [http.ResponseWriter]. A second status, which echo ignores, means
// that the handler has failed after its response had begun.
func (r *response) WriteHeader(status int) {
	if r.Committed {
		ended(r.Response.Unwrap(), status)
	}
	r.Response.WriteHeader(status)
}

// ended tells the cache of a second status. Middleware of net/http may be in between, and
// other handlers that are wrapped.
func ended(w http.ResponseWriter, status int) {
	for {
		if cache, ok := w.(interface{ Ended(status int) }); ok {
			cache.Ended(status)
			return
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = wrapper.Unwrap()
	}
}
