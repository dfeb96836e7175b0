package neighbours

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	echo4 "github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/larder-go/larder/adapters/echo5cache"
	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

func init() {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter = io.Discard
	gin.DefaultErrorWriter = io.Discard
}

// wrapper is middleware of net/http.
type wrapper = func(http.Handler) http.Handler

// visit is a request at the handler of the application. Of the Contexts, the one
// of the framework is set, if that has one.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	gin   *gin.Context
	echo4 echo4.Context
	echo5 *echo5.Context
}

// application is what a framework builds: a handler with one neighbour beside it,
// with larder or without.
type application struct {
	neighbour middlewares
	place     place
	mode      mode
	caches    *cache.Handler // nil for the application without larder
	handler   func(visit) error
}

// middlewares is one neighbour, as middleware of the framework or of net/http. The
// other fields are nil.
type middlewares struct {
	http  wrapper
	gin   gin.HandlerFunc
	echo4 echo4.MiddlewareFunc
	echo5 echo5.MiddlewareFunc
}

// place is where a neighbour stands.
type place string

const (
	inside  place = "inside"  // between the cache and the handler
	outside place = "outside" // between Lifecycle and the cache
	around  place = "around"  // around the whole application, by net/http
)

// mode is the kind of cache.
type mode string

const (
	cachePage mode = "CachePage"
	site      mode = "Site"
)

// lifetime is how long pages are fresh, and grace how long they may be used after
// that. The clock is that of a synctest bubble.
const (
	lifetime = 2 * time.Second
	grace    = time.Minute
)

// framework assembles applications.
type framework struct {
	name string

	// supports reports whether there is a way to use a neighbour in a place.
	supports func(neighbour, place) bool
	build    func(application) http.Handler

	hasContext bool // of its own, which it uses for one request after the other
}

var frameworks = []framework{
	{"net-http", func(n neighbour, p place) bool { return n.http != nil && p != around }, buildHTTP, false},
	{"chi", func(n neighbour, p place) bool { return n.http != nil && p != around }, buildChi, false},
	{"gin", func(n neighbour, p place) bool { return n.gin != nil && p != around || n.http != nil }, buildGin, true},
	{"echo4", func(n neighbour, p place) bool { return n.echo4 != nil && p != around || n.http != nil }, buildEcho4, true},
	{"echo5", func(n neighbour, p place) bool { return n.echo5 != nil && p != around || n.http != nil }, buildEcho5, true},
}

// chosen returns the cache of net/http for the application's mode.
func (a *application) chosen() wrapper {
	if a.mode == site {
		return middleware.Site(middleware.DefaultTTL(lifetime), middleware.Grace(grace))
	}
	return middleware.CachePage(lifetime, middleware.Grace(grace))
}

// at returns the neighbour if it stands at p, else nothing.
func (a *application) at(p place) []middlewares {
	if a.place != p {
		return nil
	}
	return []middlewares{a.neighbour}
}

// serve is the handler of net/http, which has no way to return an error.
func (a *application) serve(w http.ResponseWriter, r *http.Request) { _ = a.handler(visit{w: w, r: r}) }

// layers returns what stands around the handler for net/http and chi, the outermost first.
func (a *application) layers() []wrapper {
	var all []wrapper
	if a.caches != nil {
		all = append(all, middleware.Lifecycle(middleware.WithCaches(a.caches)))
	}
	for _, n := range a.at(outside) {
		all = append(all, n.http)
	}
	if a.caches != nil {
		all = append(all, a.chosen())
	}
	for _, n := range a.at(inside) {
		all = append(all, n.http)
	}
	return all
}

func buildHTTP(a application) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", middleware.Chain(a.layers()...)(http.HandlerFunc(a.serve)))
	return mux
}

func buildChi(a application) http.Handler {
	r := chi.NewRouter()
	r.With(a.layers()...).HandleFunc("/*", a.serve)
	return r
}

// enclose puts the neighbour around a finished application, if it stands there.
func (a *application) enclose(h http.Handler) http.Handler {
	for _, n := range a.at(around) {
		h = n.http(h)
	}
	return h
}

func buildGin(a application) http.Handler {
	r := gin.New()
	if a.caches != nil {
		r.Use(gincache.Lifecycle(middleware.WithCaches(a.caches)))
	}
	for _, n := range a.at(outside) {
		r.Use(n.forGin())
	}
	if a.caches != nil {
		r.Use(a.ginCache())
	}
	for _, n := range a.at(inside) {
		r.Use(n.forGin())
	}
	r.Any("/*path", func(c *gin.Context) {
		if err := a.handler(visit{w: c.Writer, r: c.Request, gin: c}); err != nil {
			_ = c.AbortWithError(http.StatusServiceUnavailable, err)
		}
	})
	return a.enclose(r)
}

func (m middlewares) forGin() gin.HandlerFunc {
	if m.gin != nil {
		return m.gin
	}
	return gincache.Wrap(m.http)
}

func (a *application) ginCache() gin.HandlerFunc {
	if a.mode == site {
		return gincache.Site(middleware.DefaultTTL(lifetime), middleware.Grace(grace))
	}
	return gincache.CachePage(lifetime, middleware.Grace(grace))
}

func buildEcho4(a application) http.Handler {
	e := echo4.New()
	e.Logger.SetOutput(io.Discard)
	if a.caches != nil {
		e.Use(echocache.Lifecycle(middleware.WithCaches(a.caches)))
	}
	for _, n := range a.at(outside) {
		e.Use(n.forEcho4())
	}
	if a.caches != nil {
		e.Use(a.echo4Cache())
	}
	for _, n := range a.at(inside) {
		e.Use(n.forEcho4())
	}
	e.Any("/*", func(c echo4.Context) error {
		return a.handler(visit{w: c.Response(), r: c.Request(), echo4: c})
	})
	return a.enclose(e)
}

func (m middlewares) forEcho4() echo4.MiddlewareFunc {
	if m.echo4 != nil {
		return m.echo4
	}
	return echo4.WrapMiddleware(m.http)
}

func (a *application) echo4Cache() echo4.MiddlewareFunc {
	if a.mode == site {
		return echocache.Site(middleware.DefaultTTL(lifetime), middleware.Grace(grace))
	}
	return echocache.CachePage(lifetime, middleware.Grace(grace))
}

func buildEcho5(a application) http.Handler {
	e := echo5.New()
	e.Logger = discardLogger
	if a.caches != nil {
		e.Use(echo5cache.Lifecycle(middleware.WithCaches(a.caches)))
	}
	for _, n := range a.at(outside) {
		e.Use(n.forEcho5(echo5.WrapMiddleware))
	}
	if a.caches != nil {
		e.Use(a.echo5Cache())
	}
	for _, n := range a.at(inside) {
		e.Use(n.forEcho5(echo5cache.Wrap))
	}
	e.Any("/*", func(c *echo5.Context) error {
		return a.handler(visit{w: c.Response(), r: c.Request(), echo5: c})
	})
	return a.enclose(e)
}

// forEcho5 wraps middleware of net/http for echo v5, whose own WrapMiddleware, inside
// of a cache, hides from it that a handler has failed half-way.
func (m middlewares) forEcho5(wrap func(wrapper) echo5.MiddlewareFunc) echo5.MiddlewareFunc {
	if m.echo5 != nil {
		return m.echo5
	}
	return wrap(m.http)
}

func (a *application) echo5Cache() echo5.MiddlewareFunc {
	if a.mode == site {
		return echo5cache.Site(middleware.DefaultTTL(lifetime), middleware.Grace(grace))
	}
	return echo5cache.CachePage(lifetime, middleware.Grace(grace))
}
