package middleware_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// asked returns a GET whose target is spelled as given.
func asked(t testing.TB, target string, fields ...string) *http.Request {
	r := request("GET", "/", fields...)
	r.RequestURI = target
	setURL(t, r, target)
	return r
}

// onEachShared runs a test with the caches of two processes that have one store between
// them: in memory, and on every backend that processes can share.
func onEachShared(t *testing.T, test func(t *testing.T, processes []*cache.Handler)) {
	t.Run("memory", func(t *testing.T) { test(t, processes(t, 2)) })
	for _, backend := range testbackends.Shared() {
		t.Run(backend.Name, func(t *testing.T) {
			config := backend.Config(t)
			test(t, []*cache.Handler{newCaches(t, config), newCaches(t, config)})
		})
	}
}

// Of each line, every spelling is one URL to a purge, and the last is another one.
var spellings = []struct {
	rule    string
	targets []string // as clients send them
	urls    []string // as people write them
	other   string
}{
	{"RFC 3986, 2.1: letters of any script", []string{"/café", "/caf%C3%A9", "/caf%c3%a9"}, []string{"http://example.com/café", "http://example.com/caf%C3%A9", "http://example.com/caf%c3%a9"}, "/cafe"},
	{"RFC 3986, 2.1: blanks", []string{"/a%20b"}, []string{"http://example.com/a b", "http://example.com/a%20b"}, "/a+b"},
	{"RFC 3986, 2.1: quotes, bars, carets and brackets", []string{`/"|^[]`, "/%22%7C%5E%5B%5D", "/%22%7c%5e[]"}, []string{`http://example.com/"|^[]`, "http://example.com/%22|%5E%5B]"}, "/%22"},
	{"RFC 3986, 6.2.2.2: escapes of unreserved characters", []string{"/sh%6Fp", "/shop", "/%73h%6fp"}, []string{"http://example.com/shop", "http://example.com/sh%6Fp"}, "/Shop"},
	{"RFC 3986, 6.2.2.3: dot segments", []string{"/a/../dots", "/./dots", "/%2e/dots", "/dots"}, []string{"http://example.com/dots", "http://example.com/../b/%2E%2E/dots"}, "/a/dots"},
	{"RFC 3986, 2.2: an escaped slash is no slash", []string{"/a%2Fb", "/a%2fb"}, []string{"http://example.com/a%2Fb", "http://example.com/%61%2fb"}, "/a/b"},
	{"RFC 3986, 3.4: queries", []string{"/q?a[]=é|", "/q?a%5B%5D=%C3%A9%7C", "/q?%61[]=%c3%a9|"}, []string{"http://example.com/q?a[]=é|", "http://example.com/q?a%5b%5d=%C3%A9%7c"}, "/q?a=é|"},
	{"RFC 3986, 2.2: an escaped plus sign is no blank", []string{"/q?a=%2B", "/q?a=%2b"}, []string{"http://example.com/q?a=%2b"}, "/q?a=+"},
	{"RFC 9110, 4.2.3: an empty path", []string{"/"}, []string{"http://example.com", "http://example.com#top", "http://example.com?#"}, "/?a"},
	{"RFC 9110, 4.2.3: scheme, host and port", []string{"/host"}, []string{"HTTP://EXAMPLE.com:80/host", "http://example.com:/host", "http://user@example.com/host#part"}, "/HOST"},
}

// Equivalent spellings of a URL are one URL to a purge.
// RFC 3986, 6.2.2; RFC 3986, 6.2.3; RFC 9110, 4.2.3
func TestEquivalentSpellingsOfAURLAreOneURLToAPurge(t *testing.T) {
	type purge = func(p *middleware.Policy, ctx context.Context, url string) error
	ways := map[string]purge{
		"Purge": func(p *middleware.Policy, ctx context.Context, url string) error { return p.Purge(ctx, url) },
		"PURGE": func(p *middleware.Policy, ctx context.Context, url string) error {
			h := p.PurgeHandler(middleware.BearerToken("sesame"))
			r := post("/-/purge", "application/json", fmt.Sprintf(`{"url": %q}`, url), bearer).WithContext(ctx)
			if a := send(h, r); a.status != 200 {
				return fmt.Errorf("%d %s", a.status, a.body)
			}
			return nil
		},
	}
	onEachShared(t, func(t *testing.T, processes []*cache.Handler) {
		for way, purge := range ways {
			for _, line := range spellings {
				for _, url := range line.urls {
					t.Run(fmt.Sprint(way, ", ", line.rule, ": ", url), func(t *testing.T) {
						p := middleware.NewPolicy(ttl)
						h := telling("Cache-Control: public")
						first, second := within(processes[0], p.Handler(h)), within(processes[1], p.Handler(h))
						asked := func(target string, fields ...string) *http.Request { return asked(t, target, fields...) }
						kinds := [][]string{nil, {"Authorization: Bearer x"}}
						for range 2 {
							for _, fields := range kinds {
								for _, target := range append(line.targets, line.other) {
									send(first, asked(target, fields...))
									if a := send(second, asked(target, fields...)); !a.isHit() {
										t.Fatalf("%s is not in the cache: %s", target, a.cacheStatus())
									}
								}
							}
						}
						if err := purge(p, processes[0].Scope(t.Context()), url); err != nil {
							t.Fatal(err)
						}
						for _, fields := range kinds {
							for _, target := range line.targets {
								if a := send(second, asked(target, fields...)); a.isHit() {
									t.Errorf("%s %v is still there", target, fields)
								}
							}
							if a := send(second, asked(line.other, fields...)); !a.isHit() {
								t.Errorf("%s %v is gone: %s", line.other, fields, a.cacheStatus())
							}
						}
					})
				}
			}
		}
	})
}

// Of each line, every spelling of a host is one host to a purge, and the last is another.
var hostSpellings = []struct {
	rule  string
	hosts []string // as clients send them
	urls  []string // as people write them
	other string
}{
	{"RFC 3986, 6.2.3: ports", []string{"example.com", "example.com:80", "example.com:0080", "EXAMPLE.com:"},
		[]string{"http://example.com/", "http://example.com:0080/", "http://example.com:/"}, "example.com:8080"},
	{"RFC 3986, 3.2.3: zeros before a port", []string{"example.com:8080", "example.com:08080"}, []string{"http://example.com:8080/", "http://example.com:0008080/"}, "example.com"},
	{"UTS 46: international names", []string{"xn--bcher-kva.example", "XN--Bcher-KVA.example:080"},
		[]string{"http://bücher.example/", "http://BÜCHER.example/", "http://bu\u0308cher.example/", "http://ｂücher。example/", "http://xn--bcher-kva.example/"}, "bucher.example"},
	{"RFC 5952, 4: addresses", []string{"[2001:db8::1]", "[2001:0DB8:0::0001]:80"}, []string{"http://[2001:db8::1]/", "http://[2001:DB8:0:0:0:0:0:1]:080/"}, "[2001:db8::2]"},
}

// Every spelling of a host is one host to a purge.
// RFC 3986, 3.2.2; RFC 9110, 4.2.3; RFC 5952, 4
func TestEverySpellingOfAHostIsOneHostToAPurge(t *testing.T) {
	for _, line := range hostSpellings {
		for _, url := range line.urls {
			t.Run(line.rule+": "+url, func(t *testing.T) {
				caches := processes(t, 1)[0]
				p := middleware.NewPolicy(ttl)
				page := within(caches, p.Handler(telling("Cache-Control: public")))
				from := func(host string) answer {
					r := httptest.NewRequest("GET", "/", nil)
					r.Host = host
					return send(page, r)
				}
				for range 2 {
					for _, host := range append(line.hosts, line.other) {
						from(host)
					}
				}
				if _, err := p.PurgeURL(caches.Scope(t.Context()), url); err != nil {
					t.Fatal(err)
				}
				for i, host := range line.hosts {
					if i == 0 && from(host).isHit() {
						t.Errorf("%s is still there", host)
					}
					if i > 0 && !from(host).isHit() {
						t.Errorf("%s has another page than %s", host, line.hosts[0])
					}
				}
				if !from(line.other).isHit() {
					t.Errorf("%s is gone", line.other)
				}
			})
		}
	}
}

// A host that DNS cannot have is an error that names the cure.
func TestAPurgeOfAHostThatCannotBeNamesTheCure(t *testing.T) {
	p := middleware.NewPolicy(ttl)
	_, err := p.PurgeURL(processes(t, 1)[0].Scope(t.Context()), "http://a\u200db.example/")
	if err == nil || !strings.Contains(err.Error(), "write it as punycode, which begins with xn--") {
		t.Error(err)
	}
}

// Each spelling of a URL has a page of its own, since a handler may answer each differently.
func TestEachSpellingHasAPageOfItsOwn(t *testing.T) {
	for mode, p := range modes(t, &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = fmt.Fprint(w, r.RequestURI, " ", r.URL.RequestURI())
	}}) {
		for range 3 {
			for _, line := range spellings {
				for _, target := range line.targets {
					r := asked(t, target)
					want := target + " " + r.URL.RequestURI()
					if a := send(p, r); a.body != want {
						t.Errorf("%s: %s got %q, want %q", mode, target, a.body, want)
					}
				}
			}
		}
	}
}

// A purge by prefix reaches every spelling of the paths.
// RFC 3986, 6.2.2
func TestAPrefixPurgeReachesEverySpelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, url := range []string{"http://example.com/café", "HTTP://Example.com:80/caf%c3%a9/", "http://example.com/x/../café#a"} {
			caches := inMemory(t)
			p := within(caches, middleware.CachePage(ttl)(telling()))
			under := []string{"/café", "/caf%C3%A9/", "/caf%c3%a9/a?b", "/./café/a"}
			beside := []string{"/caféteria", "/caf%C3%A9%2Fa", "/café/../a"}
			for _, target := range append(under, beside...) {
				send(p, asked(t, target))
			}
			time.Sleep(time.Second)
			if err := plainPages.PurgePrefix(caches.Scope(t.Context()), url); err != nil {
				t.Fatal(err)
			}
			for _, target := range under {
				if a := send(p, asked(t, target)); a.isHit() {
					t.Errorf("%s: %s is still there", url, target)
				}
			}
			for _, target := range beside {
				if a := send(p, asked(t, target)); !a.isHit() {
					t.Errorf("%s: %s is gone", url, target)
				}
			}
		}
	})
}

// A run that began before a purge is not stored, however its client spelled the URL, in this
// process and in others.
// RFC 3986, 6.2.2
func TestAPurgeStopsRunsOfEverySpelling(t *testing.T) {
	for name, purge := range map[string]func(context.Context, string) error{
		"hard": plainPages.Purge, "soft": plainPages.PurgeSoft, "prefix": plainPages.PurgePrefix,
	} {
		for _, target := range []string{"/caf%C3%A9", "/caf%c3%a9", "/café", "/./café"} {
			t.Run(name+" "+target, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					both := processes(t, 2)
					h := numbered()
					first, second := within(both[0], middleware.CachePage(ttl)(h)), within(both[1], middleware.CachePage(ttl)(h))
					run := start(t, first, asked(t, target))
					time.Sleep(time.Second / 2)
					if err := purge(both[1].Scope(t.Context()), "http://example.com/café"); err != nil {
						t.Fatal(err)
					}
					run.wait().wantBody(t, "run 1")
					time.Sleep(2 * time.Second)
					for _, p := range []http.Handler{first, second} {
						if a := send(p, asked(t, target)); a.body == "run 1" {
							t.Errorf("it was stored: %s", a.cacheStatus())
						}
					}
				})
			})
		}
	}
}

// A client that makes up spellings makes no work for those who use the normal one, and can store a
// bounded number of pages.
// RFC 9111, 7.1
func TestSpellingsOfOneClientDoNotDisturbTheOthers(t *testing.T) {
	stored := make(map[string]bool)
	events := new(signals.Signal[cache.Event])
	events.Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventSet {
			stored[e.Key] = true
		}
		return nil
	})
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}}, cache.WithEvents(events))
	if err != nil {
		t.Fatal(err)
	}
	p := within(caches, middleware.CachePage(ttl)(answering("page")))
	ask(p, "/page")
	const bits = 13
	for i := range 1 << bits {
		target := "/"
		for bit := range bits {
			target += [...]string{"./", "%2e/"}[i>>bit&1]
		}
		send(p, asked(t, target+"page"))
	}
	wantThere(t, p, "/page")
	if n := len(stored); n > 4096+2 {
		t.Errorf("%d entries for one URL", n)
	}
	if err := caches.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// A purge reaches every equivalent spelling of its URL, and no other URL.
// RFC 3986, 6.2.2
func TestAPurgeReachesExactlyTheEquivalentURLs(t *testing.T) {
	caches := inMemory(t)
	p := within(caches, middleware.CachePage(time.Hour)(telling()))
	scope := caches.Scope(t.Context())
	spelling := func(t *rapid.T, text string) (spelled string) {
		for _, c := range []byte(text) {
			format := "%c"
			if c >= 0x80 || c != '+' && c != '@' && c != ',' { // an escape of these is something else (RFC 3986, section 2.2)
				format = rapid.SampledFrom([]string{"%%%02x", "%%%02X", "%c"}).Draw(t, "format")
			}
			if format == "%c" {
				spelled += string([]byte{c})
			} else {
				spelled += fmt.Sprintf(format, c)
			}
		}
		return spelled
	}
	texts := rapid.StringOfN(rapid.SampledFrom([]rune("aZ~-é[|+@,")), 1, 4, -1)
	random := rand.Text()
	rapid.Check(t, func(rt *rapid.T) {
		random = rand.Text() // no page of the run before
		in := func(path, query string) string { return "/" + random + path + "?" + query }
		path, query, other := texts.Draw(rt, "path"), texts.Draw(rt, "query"), texts.Draw(rt, "other")
		a, b := in(spelling(rt, path), spelling(rt, query)), in(spelling(rt, path), spelling(rt, query))
		others := []string{in(url.PathEscape(path)+"%2F", query), in(path, query+"&"), in(path+"/", query)}
		if other != path {
			others = append(others, in(spelling(rt, other), query))
		}
		if other != query {
			others = append(others, in(path, spelling(rt, other)))
		}
		for range 2 {
			for _, target := range append(others, a, b) {
				send(p, asked(t, target))
			}
		}
		if err := plainPages.Purge(scope, "http://example.com"+b); err != nil {
			rt.Fatal(err)
		}
		for _, target := range slices.Compact([]string{a, b}) {
			if send(p, asked(t, target)).isHit() {
				rt.Errorf("%s is still there after a purge of %s", target, b)
			}
		}
		for _, target := range others {
			if !send(p, asked(t, target)).isHit() {
				rt.Errorf("%s is gone after a purge of %s", target, b)
			}
		}
	})
}
