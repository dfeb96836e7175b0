package middleware_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// Two sites are the same, but that one can never have hot ways: it believes a proxy that
// nobody comes by, and its store does not tell pages that it has them. Whatever is
// asked of both, in whichever order, the answers are the same in every field.

// precise is a clock on which both stores agree at the very moment when an entry
// expires: theirs is coarse.
type precise struct{}

func (precise) Now() time.Time { return time.Now() }

// secretive is a memory store that does not tell native values that it has them.
type secretive struct{ *memstore.Store }

type box struct{ native any }

func (s secretive) GetNative(ctx context.Context, key []byte) ([]byte, any, bool, error) {
	value, native, isNative, err := s.Store.GetNative(ctx, key)
	if b, ok := native.(box); ok {
		native = b.native
	}
	return value, native, isNative, err
}

func (s secretive) SetNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
	return s.Store.SetNative(ctx, key, box{native}, size, ttl)
}

func (s secretive) AddNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
	return s.Store.AddNative(ctx, key, box{native}, size, ttl)
}

// bytesOnly is a store that has no ability beyond those of every store: a page is
// fetched from it, and decoded.
type bytesOnly struct{ driver.Store }

// withStore returns the settings of a cache with the store that open makes.
func withStore(open func() (driver.Store, error)) cache.Config {
	return cache.Config{Opener: &driver.Backend{
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return open() },
		Validate: func(driver.Config) error { return nil },
	}}
}

// twin is one of the two sites.
type twin struct {
	caches *cache.Handler
	policy *middleware.Policy
	page   http.Handler
	runs   int
	events []string

	fetches bool // its pages are not in this process
}

// twinOptions are options by name.
var twinOptions = map[string]middleware.PageOption{
	"heed requests":     middleware.HeedRequests(),
	"only if wanted":    middleware.When(func(r *http.Request) bool { return r.Header.Get("X-Unwanted") == "" }),
	"vary by value":     middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-User") }),
	"vary by header":    middleware.VaryByHeader("X-Tenant"),
	"vary by cookie":    middleware.VaryByCookie("theme"),
	"ignore cookies":    middleware.IgnoreCookies("_ga"),
	"ignore query":      middleware.IgnoreQuery("utm"),
	"sort query":        middleware.SortQuery(),
	"trust proxies":     middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")),
	"explain":           middleware.Explain("sesame"),
	"grace":             middleware.Grace(3 * time.Second),
	"browser ttl":       middleware.BrowserTTL(time.Minute),
	"django headers":    middleware.DjangoHeaders(),
	"api key":           middleware.CredentialHeaders("X-Tenant"),
	"normalize":         middleware.Normalize(),
	"literal":           middleware.Literal(),
	"key prefix":        middleware.KeyPrefix("twin"),
	"small bodies only": middleware.MaxBody(60),
}

// newTwin makes a site. If it is unscoped, its pages may be served without a scope.
func newTwin(open func() (driver.Store, error), mode int, unscoped bool, options []string, more ...middleware.PageOption) (*twin, error) {
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: withStore(open)})
	if err != nil {
		return nil, err
	}
	w := &twin{caches: caches}
	opts := more
	for _, name := range options {
		opts = append(opts, twinOptions[name])
	}
	opts = suiting([...]string{"CachePage", "Site", "Shared"}[mode], opts...)
	w.policy = [...]func() *middleware.Policy{
		func() *middleware.Policy { return middleware.NewPolicy(5*time.Second, opts...) },
		func() *middleware.Policy {
			return middleware.NewSitePolicy(append(opts, middleware.DefaultTTL(5*time.Second))...)
		},
		func() *middleware.Policy { return middleware.NewSharedPolicy(opts...) },
	}[mode]()
	if unscoped {
		w.page = outer(within(caches, w.policy.Handler(w)))
		return w, nil // where somebody listens, each request has a scope
	}
	w.page = within(caches, outer(w.policy.Handler(w)))
	caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventHit && !strings.HasSuffix(e.Key, "purges") {
			// Not by which operation: what is not to be stored is looked for with Get
			// for a while, and not with Fill.
			w.events = append(w.events, e.Alias)
		}
		return nil
	})
	return w, nil
}

// outer is middleware in front of a cache: it sets and rewrites what a request tells
// it to.
func outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, value, ok := strings.Cut(r.Header.Get("X-Set"), ": "); ok {
			w.Header().Set(name, value)
		}
		if r.Header.Get("X-Set-Nil") != "" {
			w.Header()["X-Nil"] = nil
		}
		if path := r.Header.Get("X-Path"); path != "" {
			r.URL.Path = path
		}
		for _, name := range []string{"X-Set", "X-Set-Nil", "X-Path"} {
			r.Header.Del(name)
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP says in its response what it was asked for, and which of its runs it is.
func (s *twin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.runs++
	header := w.Header()
	switch r.URL.Path {
	case "/sub/short":
		header.Set("Cache-Control", "max-age=2, stale-while-revalidate=2")
	case "/sub/old":
		header.Set("Age", "3")
		header.Set("Cache-Control", "public, s-maxage=6")
	case "/vary":
		header.Set("Vary", "Accept-Language")
	case "/gzip":
		header.Set("Vary", "Accept-Encoding")
		header.Set("Cache-Control", "max-age=5")
		if r.Header.Get("Accept-Encoding") == "gzip" {
			header.Set("Content-Encoding", "gzip")
		}
	case "/coded":
		header.Set("Content-Encoding", "gzip")
		header.Set("Cache-Control", "max-age=5")
	case "/private":
		header.Set("Cache-Control", "private")
	case "/cookie":
		header.Set("Set-Cookie", "a=b")
	case "/gone":
		header.Set("Cache-Control", "max-age=4")
		w.WriteHeader(http.StatusNotFound)
	case "/etag":
		header.Set("Etag", `"tag"`)
		header.Set("Cache-Control", "max-age=3")
		header.Set("Cache-Status", "inner; hit")
	default:
		header.Set("Cache-Control", "max-age=4")
	}
	_, _ = fmt.Fprintf(w, "run %d for %s", s.runs, r.Host+r.URL.String())
	for _, name := range []string{"Cookie", "Authorization", "X-Api-Key", "X-User", "X-Tenant", "Accept-Language"} {
		if lines := r.Header[name]; lines != nil {
			_, _ = fmt.Fprintf(w, " %q", lines)
		}
	}
}

// step does the same to both, and returns what came of it.
type step func(s *twin) string

// drawRequest returns a request. Most are plain, or no page would ever be hot.
func drawRequest(t *rapid.T) (step, string) {
	rarely := func(what string) bool { return rapid.IntRange(0, 9).Draw(t, what) == 9 }
	method, host, path := "GET", "a.test", "/"
	if rarely("method") {
		method = rapid.SampledFrom([]string{"HEAD", "POST", "OPTIONS"}).Draw(t, "method")
	}
	if rarely("host") {
		host = rapid.SampledFrom([]string{"b.test", "A.test", "a.test:80"}).Draw(t, "host")
	}
	switch kind := rapid.IntRange(0, 7).Draw(t, "kind of path"); {
	case kind < 2:
		path = "/private"
	case kind < 5:
		path = rapid.SampledFrom([]string{"/vary", "/gzip"}).Draw(t, "varying")
	case rapid.Bool().Draw(t, "another path"):
		path = rapid.SampledFrom(twinPaths).Draw(t, "path")
	}
	fields := make(http.Header)
	if rapid.IntRange(0, 2).Draw(t, "fields") == 0 {
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(twinFields))), 1, 3, rapid.ID).Draw(t, "names") {
			fields[name] = rapid.SampledFrom(twinFields[name]).Draw(t, "lines")
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "gzip") == 0 {
		fields.Set("Accept-Encoding", "gzip")
	}
	var state *tls.ConnectionState
	if rarely("tls") {
		state = new(tls.ConnectionState)
		if rapid.Bool().Draw(t, "certificate") {
			state.PeerCertificates = []*x509.Certificate{{}}
		}
	}
	inURL := rapid.SampledFrom([]string{"", "", "", "", "", "", "http://", "http://user@"}).Draw(t, "form")
	hasBody := rarely("body")
	describe := fmt.Sprintf("%s %s%s %s %v tls=%v body=%v", method, inURL, host, path, fields, state != nil, hasBody)
	return func(s *twin) string {
		r := httptest.NewRequest(method, path, nil)
		if inURL != "" {
			r = httptest.NewRequest(method, inURL+host+path, nil)
		}
		r.Host, r.Header, r.TLS = host, fields.Clone(), state
		if hasBody {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.events = nil
		s.page.ServeHTTP(w, r)
		synctest.Wait()
		if s.fetches {
			s.events = slices.Compact(s.events) // a hot page that has changed is fetched twice
		}
		return fmt.Sprintf("%d %v\n%s\n%v", w.Code, w.Header(), withoutKeys(w.Body.String()), s.events)
	}, describe
}

// withoutKeys leaves out of an explanation what is random.
func withoutKeys(body string) string {
	lines := strings.SplitAfter(body, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "generation") || strings.Contains(line, "page:") }), "")
}

var twinPaths = []string{"/?x=1&utm=2", "/?x=1", "/sub/short", "/sub/old", "/vary", "/gzip", "/coded", "/private", "/cookie", "/gone", "/etag", "/%2e?b=1&a=2"}

var twinFields = map[string][][]string{
	"Cookie":            {{"user=alice"}, {"user=bob"}, {"theme=dark"}, {"theme=dark; user=bob"}, {"_ga=1"}, {""}, nil, {}},
	"Authorization":     {{"alice"}, {"bob"}, nil},
	"X-Api-Key":         {{"alice"}, {"bob"}, nil, {}},
	"X-User":            {{"alice"}, {"bob"}},
	"X-Tenant":          {{"alice"}, {"bob"}},
	"X-Unwanted":        {{"1"}},
	"Accept-Language":   {{"de"}, {"en"}},
	"Accept-Encoding":   {{"gzip"}, {"identity"}, {"gzip;q=0, br"}},
	"Connection":        {{"X-Tenant, Accept-Language"}, {"Accept-Encoding"}, {"close"}, nil},
	"Upgrade":           {{"websocket"}, nil},
	"Range":             {{"bytes=0-2"}},
	"If-None-Match":     {{"*"}, {`"tag"`}},
	"If-Modified-Since": {{"Sat, 01 Jan 2000 00:00:00 GMT"}},
	"If-Match":          {{`"other"`}},
	"Cache-Control":     {{"no-cache"}, {"max-age=1"}, {"only-if-cached"}, {"max-stale"}, {"min-fresh=3"}, nil},
	"Pragma":            {{"no-cache"}},
	"X-Forwarded-Host":  {{"c.test"}},
	"X-Forwarded-Proto": {{"https"}},
	"Larder-Explain":    {{"wrong"}, {"sesame"}, {"sesame; run"}},
	"X-Set":             {{"Vary: Accept-Language"}, {"Set-Cookie: a=b"}, {"Cache-Control: private"}, {"X-Other: a"}, {"Expires: 0"}, {"Cache-Status: outer; hit"}},
	"X-Set-Nil":         {{"1"}},
	"X-Path":            {{"/vary"}, {"/sub/short"}},
}

// drawChange returns something other than a request.
func drawChange(t *rapid.T) (step, string) {
	url := "http://a.test" + rapid.SampledFrom(append(twinPaths, "/", "/", "/", "/")).Draw(t, "purged")
	under := rapid.SampledFrom([]string{"http://a.test", "http://a.test/sub", "http://b.test"}).Draw(t, "under")
	name := rapid.SampledFrom([]string{"purge", "purge softly", "purge prefix", "purge prefix softly", "clear"}).Draw(t, "change")
	do := map[string]func(ctx context.Context, p *middleware.Policy) error{
		"purge":               func(ctx context.Context, p *middleware.Policy) error { return p.Purge(ctx, url) },
		"purge softly":        func(ctx context.Context, p *middleware.Policy) error { return p.PurgeSoft(ctx, url) },
		"purge prefix":        func(ctx context.Context, p *middleware.Policy) error { return p.PurgePrefix(ctx, under) },
		"purge prefix softly": func(ctx context.Context, p *middleware.Policy) error { return p.PurgePrefixSoft(ctx, under) },
		"clear": func(ctx context.Context, _ *middleware.Policy) error {
			return cache.From(ctx, cache.DefaultAlias).Clear(ctx)
		},
	}[name]
	return func(s *twin) string {
		ctx := s.caches.Scope(context.Background())
		defer ctx.Close(context.Background())
		var err error
		if do != nil {
			err = do(ctx, s.policy)
		}
		synctest.Wait()
		return fmt.Sprint(err)
	}, name + " " + url + " " + under
}

// Requests are answered on the fast path as they are without it. Random sequences are played
// against both.
func TestTheFastPathAnswersAsTheFullPathDoes(t *testing.T) {
	var hits, passes, requests atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ rapid.TB }{t}, func(t *rapid.T) { playTwins(t, &hits, &passes, &requests) })
	})
	t.Logf("of %d requests %d were hits, and %d passed what is known", requests.Load(), hits.Load(), passes.Load())
	if hits.Load() < requests.Load()/20 || passes.Load() < requests.Load()/50 {
		t.Error("this says little: there were few of one kind")
	}
}

func playTwins(t *rapid.T, hits, passes, requests *atomic.Int64) {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(twinOptions))), 0, 4, rapid.ID).Draw(t, "options")
	mode := rapid.IntRange(0, 2).Draw(t, "face")
	open := func() (*memstore.Store, error) { return memstore.New(memstore.Options{Clock: precise{}}) }
	stores := [2]func() (driver.Store, error){
		func() (driver.Store, error) { return open() },
		func() (driver.Store, error) {
			s, err := open()
			return secretive{s}, err
		},
	}
	unscoped := rapid.Bool().Draw(t, "unscoped")
	fetches := rapid.Bool().Draw(t, "fetches")
	if fetches {
		fetched := func() (driver.Store, error) {
			s, err := open()
			return bytesOnly{s}, err
		}
		stores = [2]func() (driver.Store, error){fetched, fetched}
	}
	var twins [2]*twin
	elsewhere := middleware.TrustProxies(netip.MustParsePrefix("198.51.100.0/24"))
	for i, open := range stores {
		s, err := newTwin(open, mode, unscoped, names, []middleware.PageOption{elsewhere}[:i]...)
		if err != nil {
			t.Fatal(err)
		}
		defer s.caches.Shutdown(context.Background())
		s.fetches = fetches
		twins[i] = s
	}
	var generation string
	defer middleware.SetGenerations(func() string { generation += "'"; return generation })()
	for i := range rapid.IntRange(20, 120).Draw(t, "steps") {
		var do step
		var what string
		switch kind := rapid.IntRange(0, 19).Draw(t, "kind"); {
		case kind == 19:
			do, what = drawChange(t)
		case kind > 14:
			d := rapid.SampledFrom([]int{1, 100, 500, 999, 1000, 1001, 1500, 2000, 5000}).Draw(t, "ms")
			time.Sleep(time.Duration(d) * time.Millisecond)
			continue
		default:
			do, what = drawRequest(t)
			requests.Add(1)
		}
		// The keys of both are the same, and so are those that push each other out of
		// the memory of what is not to be stored.
		generation = fmt.Sprint(i)
		memoized := do(twins[0])
		generation = fmt.Sprint(i)
		cold := do(twins[1])
		switch {
		case strings.Contains(memoized, "larder; hit"):
			hits.Add(1)
		case strings.Contains(memoized, "detail=uncacheable"):
			passes.Add(1)
		}
		if memoized != cold {
			t.Fatalf("%s\nis answered with\n%s\nand where no page is hot with\n%s", what, memoized, cold)
		}
	}
	if twins[0].runs != twins[1].runs {
		t.Errorf("the handlers have run %d and %d times", twins[0].runs, twins[1].runs)
	}
}
