package gincache

import (
	"cmp"
	"net/http"
	"reflect"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/internal/pagecache/engine"
)

// frameworkRequest is a gin.Context as the engine of the cache sees it. It is no struct
// around it, so a hit need not allocate one.
type frameworkRequest gin.Context

var _ engine.FrameworkRequest = (*frameworkRequest)(nil)

// What a Context has to keep of a request in particular cases.
const (
	// The status that the response has before the handlers behind the cache run,
	// if it is not 200. The writer itself may be in use then: its client may have
	// left, and is answered.
	statusKey = "larder.status"

	// What handlers have left behind that have left the answer to others.
	unansweredKey = "larder.unanswered"
)

// Next implements [engine.FrameworkRequest].
func (v *frameworkRequest) Next(w http.ResponseWriter, r *http.Request) error {
	c := (*gin.Context)(v)
	if w == nil {
		c.Next()
		return nil
	}
	errors := len(c.Errors)
	inner, err := next(c, w, r)
	if err == nil || inner.sent || err == engine.ErrBypassed {
		return err
	}
	c.Set(unansweredKey, &unanswered{inner, errors})
	return &engine.Failure{Status: inner.status, Err: err}
}

// unanswered is what is left of handlers that have left the answer to others.
type unanswered struct {
	inner  *writer
	errors int // of the Context, before them
}

// settle gives it to outer middleware; or, if an old page of the cache stood in,
// takes away the errors, since middleware that makes a response of them would write
// it behind the page.
func (u *unanswered) settle(c *gin.Context, servedStale bool) {
	if servedStale {
		c.Errors = c.Errors[:u.errors]
		return
	}
	u.inner.handOver(c.Writer)
}

// Route implements [engine.FrameworkRequest].
func (v *frameworkRequest) Route() string { return (*gin.Context)(v).FullPath() }

// Framework implements [engine.FrameworkRequest].
func (v *frameworkRequest) Framework() http.Handler {
	if engine := engineOf((*gin.Context)(v)); engine != nil {
		return engine
	}
	return nil
}

// engineField is where a Context has its engine. gin has no function that tells.
var engineField, hasEngine = reflect.TypeFor[gin.Context]().FieldByName("engine")

func engineOf(c *gin.Context) *gin.Engine {
	if !hasEngine || engineField.Type != reflect.TypeFor[*gin.Engine]() {
		return nil // of a gin to come; pages are then not refreshed in the background
	}
	return (*gin.Engine)(reflect.ValueOf(c).Elem().FieldByIndex(engineField.Index).UnsafePointer())
}

// isFrameworks reports whether a writer is that of gin itself, which functions such as
// HandleContext put back into a Context. What is written to it goes to the client.
func isFrameworks(w gin.ResponseWriter) bool {
	return reflect.TypeOf(w).String() == "*gin.responseWriter"
}

// noteStatus is called before anything that calls next.
func noteStatus(c *gin.Context) {
	if status := c.Writer.Status(); status != http.StatusOK {
		c.Set(statusKey, status)
	}
}

// next runs the rest of the chain for a request and a response that are not those
// of c, and leaves c as it was. The error is set if the response is not whole, and
// if nothing was written because others are to answer.
func next(c *gin.Context, w http.ResponseWriter, r *http.Request) (inner *writer, err error) {
	outer, request, errors := c.Writer, c.Request, len(c.Errors)
	inner = newWriter(w, r, cmp.Or(c.GetInt(statusKey), http.StatusOK))
	defer func() { c.Writer, c.Request = outer, request }()
	c.Writer, c.Request = inner, r
	c.Next()
	if isFrameworks(c.Writer) && !inner.sent {
		return inner, engine.ErrBypassed
	}
	failed := len(c.Errors) > errors
	if failed && !inner.sent {
		return inner, c.Errors.Last()
	}
	if c.FullPath() == "" && !inner.Written() {
		inner.explain()
	}
	inner.WriteHeaderNow()
	inner.send()
	inner.end()
	if failed && inner.status < http.StatusBadRequest {
		return inner, c.Errors.Last()
	}
	return inner, nil
}
