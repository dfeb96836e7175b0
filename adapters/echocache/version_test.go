package echocache_test

import (
	"html/template"
	"io"

	"github.com/labstack/echo/v4"
)

// allocationsOfEcho is how many allocations of a hit are those of echo itself: echo v4 builds
// the chain of middleware again for each request.
const allocationsOfEcho = 1

// templates are an echo.Renderer.
type templates struct{ *template.Template }

func (ts templates) Render(w io.Writer, name string, data any, _ echo.Context) error {
	return ts.ExecuteTemplate(w, name, data)
}

// response returns the response of a Context.
func response(c echo.Context) *echo.Response { return c.Response() }

// outcome says what has become of it.
func outcome(c echo.Context) (status int, size int64, committed bool) {
	res := response(c)
	return res.Status, res.Size, res.Committed
}

// handleErrors has errors handled by handle.
func handleErrors(e *echo.Echo, handle func(echo.Context, error)) {
	e.HTTPErrorHandler = func(err error, c echo.Context) { handle(c, err) }
}
