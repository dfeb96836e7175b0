package echocache

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/lifecycle"
	"github.com/larder-go/larder/middleware"
)

// Lifecycle is [middleware.Lifecycle]: it gives each request its caches and sends
// the signals of its life. It belongs before all else:
//
//	e := echo.New()
//	e.Use(echocache.Lifecycle(), echomiddleware.Logger(), echomiddleware.Recover())
//
// GotRequestException is sent once for a handler that panics, and once for a
// response with a status of 500 or above, with the error that it was made of, if
// there is one. To know what becomes of an error that a handler returns, Lifecycle
// calls the HTTPErrorHandler itself; outer middleware then gets no error, but a
// response.
func Lifecycle(opts ...middleware.LifecycleOption) echo.MiddlewareFunc {
	life := lifecycle.New(opts...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			request := c.Request()
			defer c.SetRequest(request)
			life.Serve(request, func(r *http.Request) error {
				c.SetRequest(r)
				err = answer(c, next(c))
				return failure(c)
			})
			return err
		}
	}
}

// answer makes a response of an error, if there is none yet, and returns the error
// if there is none then.
func answer(c echo.Context, err error) error {
	if err == nil || committed(c) {
		return err
	}
	c.Set(errorKey, err)
	handleError(c, err)
	if committed(c) {
		return nil
	}
	return err
}

// failure is what a request has failed by, or nil.
func failure(c echo.Context) error {
	status := statusOf(c)
	if status < http.StatusInternalServerError {
		return nil
	}
	if err, ok := c.Get(errorKey).(error); ok {
		return err
	}
	return fmt.Errorf("echocache: %s has been answered with status %d", c.Path(), status)
}

// From is [cache.From]: the cache of this alias for the request of c.
func From(c echo.Context, alias string) *cache.BaseCache {
	return cache.From(c.Request().Context(), alias)
}
