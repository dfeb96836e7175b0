package echocache

import (
	"maps"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/internal/pagecache/engine"
)

// frameworkRequest is a request as the engine of the cache sees it.
type frameworkRequest struct {
	c    echo.Context
	next echo.HandlerFunc
	err  error // for what is outside, of a handler that has answered there
}

var _ engine.FrameworkRequest = (*frameworkRequest)(nil)

// frameworkRequests are those that are not in use, so that a hit need not allocate one.
var frameworkRequests = sync.Pool{New: func() any { return new(frameworkRequest) }}

// Next implements [engine.FrameworkRequest].
func (v *frameworkRequest) Next(w http.ResponseWriter, r *http.Request) error {
	if w == nil {
		v.err = v.next(v.c)
		return nil
	}
	return run(v.c, v.next, w, r)
}

// Route implements [engine.FrameworkRequest].
func (v *frameworkRequest) Route() string { return v.c.Path() }

// Framework implements [engine.FrameworkRequest].
func (v *frameworkRequest) Framework() http.Handler { return v.c.Echo() }

// errorKey is where a Context has the error that has become a response.
const errorKey = "larder.error"

// run runs a handler for a request and a response that are not those of c, and
// leaves c as it was. An error of the handler becomes a response here. run returns
// it if the response is not whole, or if nothing was written.
func run(c echo.Context, next echo.HandlerFunc, w http.ResponseWriter, r *http.Request) error {
	outer, request := c.Response(), c.Request()
	defer func() {
		c.SetResponse(outer)
		setRequest(c, request)
	}()
	setRequest(c, r)
	inner, err := record(c, next, w)
	switch {
	case err == nil:
		return nil
	case err == engine.ErrBypassed:
		return err
	case !inner.Committed && r.Context().Err() != nil:
		return err // whoever has limited the time answers
	}
	begun := inner.Committed
	c.Set(errorKey, err)
	handleError(c, err)
	if !inner.Committed || begun && inner.Status < http.StatusBadRequest {
		return err
	}
	return nil
}

// setRequest sets the request of c, and what c may have parsed of its query
// before, which would be there still.
func setRequest(c echo.Context, r *http.Request) {
	stale := c.Request().URL.RawQuery != r.URL.RawQuery
	c.SetRequest(r)
	if stale {
		query := c.QueryParams()
		clear(query)
		maps.Copy(query, r.URL.Query())
	}
}
