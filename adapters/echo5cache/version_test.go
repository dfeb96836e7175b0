package echo5cache_test

import (
	"html/template"
	"io"

	"github.com/labstack/echo/v5"
)

// allocationsOfEcho is how many allocations of a hit are those of echo itself.
const allocationsOfEcho = 0

// templates are an echo.Renderer.
type templates struct{ *template.Template }

func (ts templates) Render(_ *echo.Context, w io.Writer, name string, data any) error {
	return ts.ExecuteTemplate(w, name, data)
}

// response returns the response of a Context.
func response(c *echo.Context) *echo.Response {
	res, err := echo.UnwrapResponse(c.Response())
	if err != nil {
		panic(err)
	}
	return res
}

// outcome says what has become of it.
func outcome(c *echo.Context) (status int, size int64, committed bool) {
	res := response(c)
	return res.Status, res.Size, res.Committed
}

// handleErrors has errors handled by handle.
func handleErrors(e *echo.Echo, handle func(*echo.Context, error)) { e.HTTPErrorHandler = handle }
