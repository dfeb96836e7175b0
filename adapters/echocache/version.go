package echocache

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/internal/pagecache/engine"
)

// This file has all that differs between echo v4 and v5. Package echo5cache has its own;
// its other files are generated from those of this package.

// committed reports whether the response of c has begun.
func committed(c echo.Context) bool { return c.Response().Committed }

// uncommitted reports whether it is known that the response of c has not begun.
func uncommitted(c echo.Context) bool { return !committed(c) }

// statusOf returns the status of the response of c.
func statusOf(c echo.Context) int { return c.Response().Status }

// handleError passes the error of a handler to the HTTPErrorHandler.
func handleError(c echo.Context, err error) { c.Error(err) }

// record calls next with a response of c that goes to w, and returns that response. The
// error is that of next, or [engine.ErrBypassed] if it has answered with another response.
func record(c echo.Context, next echo.HandlerFunc, w http.ResponseWriter) (*echo.Response, error) {
	inner := echo.NewResponse(w, c.Echo())
	inner.Status = http.StatusOK // until the handler says something else, as in any Context
	c.SetResponse(inner)
	err := next(c)
	switch {
	case inner.Committed:
		ended(w, inner.Status)
	case c.Response() != inner:
		return inner, engine.ErrBypassed
	}
	return inner, err
}

// ended tells the cache the status of a response at its end. If it differs from the one
// that was sent, the handler has failed after its response had begun. Middleware of net/http
// may be in between, and other handlers that are wrapped.
func ended(w http.ResponseWriter, status int) {
	for {
		if cache, ok := w.(interface{ Ended(status int) }); ok {
			cache.Ended(status)
			return
		}
		if response, ok := w.(*echo.Response); ok && response.Committed {
			response.Status = status
			return
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = wrapper.Unwrap()
	}
}
