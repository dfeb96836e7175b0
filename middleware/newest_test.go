package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// varyChange is a handler whose responses vary on other fields from some moment on. They
// say of what time they are, and by what they are selected.
type varyChange struct {
	handler
	vary   string
	age    string
	fields []string // others
	length int
}

func newVaryChange(vary string, length int, fields ...string) *varyChange {
	h := &varyChange{vary: vary, age: "old", length: length, fields: fields}
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		addFields(w.Header(), h.fields)
		if h.vary != "" {
			w.Header().Set("Vary", h.vary)
		}
		_, _ = io.WriteString(w, h.page(r.Header.Get("X-A"), r.Header.Get("X-B")))
	}
	return h
}

// page is the body for a request with these fields.
func (h *varyChange) page(a, b string) string {
	page := h.age
	if strings.Contains(h.vary, "X-A") {
		page += " a=" + a
	}
	if strings.Contains(h.vary, "X-B") {
		page += " b=" + b
	}
	return page + strings.Repeat(".", h.length)
}

func (h *varyChange) changesTo(vary string) { h.vary, h.age = vary, "new" }

func askFor(p http.Handler, a, b string) answer { return ask(p, "/page", "X-A: "+a, "X-B: "+b) }

// Of several suitable stored responses the newest is used; one with a shorter Vary is suitable for
// more requests.
// RFC 9111, 4; RFC 9111, 4.1
func TestTheNewestOfSeveralSuitableResponsesIsUsed(t *testing.T) {
	for _, vary := range [][2]string{{"X-A", ""}, {"X-A, X-B", ""}, {"X-A, X-B", "X-A"}, {"X-A, X-B", "X-B"}} {
		for how, length := range lengths {
			for name, cfg := range stores(t) {
				t.Run(fmt.Sprintf("%q after %q, %s, %s", vary[1], vary[0], name, how), inBubble(func(t *testing.T) {
					h := newVaryChange(vary[0], length)
					p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
					for range 3 { // the last is answered by the fast path
						askFor(p, "1", "1").wantBody(t, h.page("1", "1"))
						synctest.Wait()
					}
					h.changesTo(vary[1])
					askFor(p, "9", "9").wantStatus(t, "larder; fwd=vary-miss; fwd-status=200; stored")
					synctest.Wait() // a client has the end of a stream before it is stored
					h.runs.Store(0)
					for _, b := range []string{"9", "1"} {
						for _, a := range []string{"9", "1"} {
							if vary[1] == "X-A" && a == "1" || vary[1] == "X-B" && b == "1" {
								continue // the new response is not for these
							}
							askFor(p, a, b).wantHit(t, h.page(a, b))
							askFor(p, a, b).wantHit(t, h.page(a, b))
						}
					}
					h.wantRuns(t, 0)
				}))
			}
		}
	}
}

// Responses of one URL of which some vary on more fields are stored side by side, whichever comes
// first.
// RFC 9111, 4.1
func TestResponsesOfWhichSomeVaryOnMoreAreStoredSideBySide(t *testing.T) {
	requests := [][2]string{{"1", "x"}, {"1", "y"}, {"2", "x"}, {"2", "y"}, {"2", "z"}}
	for name, cfg := range stores(t) {
		for first := range requests {
			t.Run(fmt.Sprint(name, ", first ", first), inBubble(func(t *testing.T) {
				slotsStay(t)
				h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
					a := r.Header.Get("X-A")
					w.Header().Set("Vary", "X-A")
					if a == "2" {
						w.Header().Set("Vary", "X-A, X-B")
						a += r.Header.Get("X-B")
					}
					_, _ = io.WriteString(w, a)
				}}
				path := fmt.Sprint("/page", first)
				p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
				for i := range 2 * len(requests) { // the index by less replaces that by more once
					r := requests[(first+i)%len(requests)]
					ask(p, path, "X-A: "+r[0], "X-B: "+r[1])
					synctest.Wait() // a client may have its answer before the page is stored
				}
				h.runs.Store(0)
				for range 2 {
					for _, r := range requests {
						want := r[0]
						if want == "2" {
							want += r[1]
						}
						ask(p, path, "X-A: "+r[0], "X-B: "+r[1]).wantHit(t, want)
					}
				}
				h.wantRuns(t, 0)
			}))
		}
	}
}

// The newest response is used whether it came from a run, a validation, a refresh, or was stored
// for validation only.
// RFC 9111, 4
func TestTheNewestResponseIsUsedHoweverItCame(t *testing.T) {
	for how, says := range map[string]string{
		"refreshed":               "max-age=10, stale-while-revalidate=3600",
		"validated":               "max-age=10",
		"stored to be validated":  "no-cache",
		"refreshed when outdated": "max-age=10, must-revalidate",
	} {
		for name, cfg := range map[string]cache.Config{"native": {Backend: "memory"}, "encoded": new(backend).config()} {
			t.Run(how+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := newVaryChange("X-A", 10, "Cache-Control: "+says)
					serve := h.serve
					h.serve = func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("ETag", `"`+h.age+`"`)
						if how == "validated" {
							w.Header().Set("ETag", `"same"`)
						}
						if r.Header.Get("If-None-Match") == w.Header().Get("ETag") {
							w.Header().Set("Cache-Control", says)
							w.Header()["Vary"] = []string{h.vary}
							w.WriteHeader(http.StatusNotModified)
							return
						}
						serve(w, r)
					}
					p := within(newCaches(t, cfg), middleware.Site()(h))
					askFor(p, "1", "")
					time.Sleep(11 * time.Second)
					askFor(p, "2", "") // fresh when that of 1 is stale
					h.changesTo("")
					askFor(p, "1", "")
					synctest.Wait()
					h.runs.Store(0)
					a := askFor(p, "2", "")
					if got := a.body; strings.HasPrefix(got, "old a=2") {
						t.Errorf("an older response is used: %q, %s", got, a.cacheStatus())
					}
				})
			})
		}
	}
}

// A run that began before a purge stores neither its response nor an index.
func TestAResponseWithAShorterVaryDoesNotUndoAPurge(t *testing.T) {
	for name, cfg := range map[string]cache.Config{"native": {Backend: "memory"}, "encoded": new(backend).config()} {
		for _, vary := range [][2]string{{"X-A", ""}, {"X-A, X-B", "X-A"}} {
			for how, length := range lengths {
				t.Run(fmt.Sprint(name, vary, how), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						caches := newCaches(t, cfg)
						h := newVaryChange(vary[0], length)
						serve := h.serve
						p := within(caches, middleware.CachePage(ttl)(h))
						askFor(p, "1", "1")
						h.changesTo(vary[1])
						h.serve = func(w http.ResponseWriter, r *http.Request) {
							time.Sleep(time.Second)
							serve(w, r)
						}
						c := start(t, p, request("GET", "/page", "X-A: 2", "X-B: 2"))
						inScope(t, caches, func(ctx context.Context) error { return plainPages.Purge(ctx, "http://example.com/page") })
						c.wait().wantBody(t, h.page("2", "2"))
						for _, a := range []string{"1", "2"} {
							if got := askFor(p, a, "2"); got.isHit() {
								t.Errorf("it was stored: %s", got.cacheStatus())
							}
							if vary[1] == "" {
								break // that was stored for all
							}
						}
					})
				})
			}
		}
	}
}

// A request that waits for a variant gets the response if it turns out not to vary.
// RFC 9111, 4.1
func TestARequestThatWaitsForAVariantGetsTheResponseThatDoesNotVary(t *testing.T) {
	for name, cfg := range map[string]cache.Config{"native": {Backend: "memory"}, "encoded": new(backend).config()} {
		for how, length := range lengths {
			t.Run(name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := newVaryChange("X-A", length)
					serve := h.serve
					p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
					askFor(p, "1", "")
					h.changesTo("")
					h.serve = func(w http.ResponseWriter, r *http.Request) {
						time.Sleep(time.Second)
						serve(w, r)
					}
					h.runs.Store(0)
					for _, c := range startMany(t, p, 10, "X-A: 2") {
						c.wait().wantBody(t, h.page("", ""))
					}
					h.wantRuns(t, 1)
				})
			})
		}
	}
}

// Requests that waited for a cold page, and of which the first response is not, get one more
// run together, also if that replaces the index that has led them to their variant.
// RFC 9111, 4; RFC 9111, 4.1
func TestARequestWhoseIndexWasReplacedLooksAgain(t *testing.T) {
	for name, cfg := range stores(t) {
		t.Run(name, inBubble(func(t *testing.T) {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-A") == "1" {
					time.Sleep(time.Second) // until the others wait
					w.Header().Set("Vary", "X-A")
				}
				_, _ = io.WriteString(w, "for "+r.Header.Get("X-A"))
			}}
			p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
			for i := range 20 {
				target := fmt.Sprintf("/%d", i)
				h.runs.Store(0)
				first := start(t, p, request("GET", target, "X-A: 1"))
				var others []*client
				for range 5 {
					others = append(others, start(t, p, request("GET", target, "X-A: 2")))
				}
				first.wait().wantBody(t, "for 1")
				for _, c := range others {
					c.wait().wantBody(t, "for 2")
				}
				h.wantRuns(t, 2)
			}
		}))
	}
}

// A response without Vary that one process has stored is used by the others on the same store.
// RFC 9111, 4
func TestTheNewestResponseIsUsedByOtherProcesses(t *testing.T) {
	store := cache.Config{Backend: "file", Location: t.TempDir()}
	h := newVaryChange("X-A, X-B", 10)
	here := within(newCaches(t, store), middleware.CachePage(ttl)(h))
	there := within(newCaches(t, store), middleware.CachePage(ttl)(h))
	for _, vary := range []string{"X-A", ""} {
		for _, p := range []http.Handler{here, there} {
			askFor(p, "1", "1")
			askFor(p, "1", "1").wantHit(t, h.page("1", "1"))
		}
		h.changesTo(vary)
		askFor(here, "for "+vary, "2")
		for range 2 {
			askFor(there, "for "+vary, "1").wantHit(t, h.page("for "+vary, "1"))
		}
	}
	askFor(there, "1", "1").wantHit(t, h.page("1", "1"))
}

// A Vary that outer middleware adds as it writes the status keeps the pages of several clients
// apart, also when nothing or something else is written.
// RFC 9111, 4.1
func TestALateVaryOfMiddlewareCountsForResponsesThatItDoesNotSend(t *testing.T) {
	for how, second := range map[string][]string{
		"refresh":     nil,
		"conditional": {"If-None-Match: W/\"x\""},
	} {
		for name, length := range lengths {
			t.Run(how+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("ETag", `W/"x"`)
						w.Header().Set("Cache-Control", "max-age=10")
						if how == "refresh" {
							w.Header().Set("ETag", "invalid")
							w.Header().Set("Cache-Control", "max-age=10, stale-while-revalidate=3600")
						}
						_, _ = io.WriteString(w, r.Header.Get("Origin")+strings.Repeat(".", length))
					}}
					page := within(inMemory(t), middleware.Site()(h))
					p := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						adding(page, func(h http.Header) {
							if r.Header.Get("If-None-Match") == "" {
								h.Add("Vary", "Origin")
							}
						}).ServeHTTP(w, r)
					})
					ask(p, "/page", "Origin: a")
					time.Sleep(11 * time.Second)
					again := "Origin: a"
					if how == "conditional" {
						again = "Origin: c"
					}
					ask(p, "/page", append([]string{again}, second...)...)
					synctest.Wait()
					ask(p, "/page", "Origin: b").wantBody(t, "b"+strings.Repeat(".", length))
				})
			})
		}
	}
}

// A response that outer middleware encodes is one of several variants, though the page is stored
// without the coding.
// RFC 9111, 4.1
func TestACodingThatMiddlewareAppliesLeavesTheVariants(t *testing.T) {
	for how, length := range lengths {
		t.Run(how, func(t *testing.T) {
			h := new(handler)
			h.serve = func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, fmt.Sprint("run ", h.runs.Load(), strings.Repeat("x", length)))
			}
			page := within(inMemory(t), middleware.CachePage(ttl)(h))
			p := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				adding(page, func(h http.Header) {
					h.Add("Vary", "Accept-Encoding")
					if coding := r.Header.Get("Accept-Encoding"); coding != "" {
						h.Set("Content-Encoding", coding)
					}
				}).ServeHTTP(w, r)
			})
			plain := ask(p, "/page")
			coded := ask(p, "/page", "Accept-Encoding: gzip")
			for range 2 {
				ask(p, "/page").wantHit(t, plain.body)
				ask(p, "/page", "Accept-Encoding: gzip").wantHit(t, coded.body)
			}
			h.wantRuns(t, 2)
		})
	}
}
