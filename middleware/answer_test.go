package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/middleware"
)

// A hit has the stored header with Age, Date, ETag, Content-Length and Cache-Status.
// RFC 9111, 4; RFC 9111, 5.1; RFC 9110, 6.6.1; RFC 9211, 2
func TestTheHeaderOfAHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := answering("<html>page", "X-Many: 1", "X-Many: 2", "Link: </a>", "Vary: accept", "Vary: accept-language")
		p := cached(t, h)
		first := ask(p, "/page")
		date := time.Now().UTC().Format(http.TimeFormat)
		time.Sleep(90 * time.Second)
		got := ask(p, "/page").header
		want := http.Header{
			"X-Many":         {"1", "2"},
			"Link":           {"</a>"},
			"Vary":           {"accept", "accept-language"},
			"Date":           {date},
			"Age":            {"90"},
			"Etag":           first.header["Etag"],
			"Content-Length": {"10"},
			"Content-Type":   {"text/html; charset=utf-8"},
			"Cache-Control":  {"max-age=0, must-revalidate"},
			"Cache-Status":   {"larder; hit; ttl=3510"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		delete(want, "Age")
		want.Set("Cache-Status", "larder; fwd=uri-miss; fwd-status=200; stored")
		if diff := cmp.Diff(want, first.header); diff != "" || len(first.header.Get("Etag")) < 10 {
			t.Errorf("of the first answer (-want +got)\n%s", diff)
		}
	})
}

// Date, ETag, Content-Type and Cache-Control of the handler are sent as they are, and Age grows.
// RFC 9111, 4; RFC 9111, 5.1; RFC 9110, 6.6.1
func TestWhatTheHandlerSaysIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fields := []string{
			"Date: Mon, 02 Jan 2006 15:04:05 GMT", "Etag: W/\"own\"", "Content-Type: x/y", "Cache-Control: max-age=60",
		}
		p := cached(t, answering("page", append(fields, "Age: 10")...))
		first := ask(p, "/page")
		time.Sleep(5 * time.Second)
		hit := ask(p, "/page")
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			if first.header.Get(name) != value || hit.header.Get(name) != value {
				t.Errorf("%s is %q and then %q", f, first.header[name], hit.header[name])
			}
		}
		if first.header.Get("Age") != "10" || hit.header.Get("Age") != "15" {
			t.Errorf("Age is %q and then %q", first.header["Age"], hit.header["Age"])
		}
	})
}

// Browsers are told to revalidate each time unless an option or the handler says otherwise, so that
// a purge reaches them.
// RFC 9111, 5.2.2.1; RFC 9111, 5.2.2.2
func TestWhatBrowsersAreTold(t *testing.T) {
	expires := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		rule   string
		opts   []middleware.PageOption
		fields []string
		want   []string
	}{
		{"to ask every time", nil, nil, []string{"max-age=0, must-revalidate"}},
		{"BrowserTTL", []middleware.PageOption{middleware.BrowserTTL(90 * time.Second)}, nil, []string{"max-age=90"}},
		{"BrowserTTL, of pages that depend on what no field names", []middleware.PageOption{
			middleware.BrowserTTL(90 * time.Second), middleware.VaryBy(func(r *http.Request) string { return r.URL.Path }),
		}, nil, []string{"private, max-age=90"}},
		{"what the handler says", []middleware.PageOption{middleware.BrowserTTL(time.Hour)}, []string{"Cache-Control: public"}, []string{"public"}},
		{"what the handler says in Expires", nil, []string{"Expires: " + expires}, nil},
	} {
		p := cached(t, answering("page", test.fields...), test.opts...)
		for range 2 {
			if got := ask(p, "/page").header["Cache-Control"]; !slices.Equal(got, test.want) {
				t.Errorf("%s: %q, want %q", test.rule, got, test.want)
			}
		}
	}
}

// Fields that options put into the key stand in Vary of the response.
// RFC 9110, 12.5.5; RFC 9111, 4.1
func TestPagesNameInVaryTheFieldsThatOptionsDeclare(t *testing.T) {
	byHeader, byCookie := middleware.VaryByHeader("x-lang", "Host"), middleware.VaryByCookie("locale")
	for _, test := range []struct {
		rule  string
		opts  []middleware.PageOption
		says  []string
		outer string
		want  []string
	}{
		{rule: "none is declared", opts: []middleware.PageOption{middleware.VaryByHeader("Host")}},
		{rule: "a field", opts: []middleware.PageOption{byHeader}, want: []string{"X-Lang"}},
		{rule: "a cookie", opts: []middleware.PageOption{byCookie}, want: []string{"Cookie"}},
		{rule: "both, behind those of the handler", opts: []middleware.PageOption{byHeader, byCookie}, says: []string{"Vary: Accept"}, want: []string{"Accept", "X-Lang, Cookie"}},
		{rule: "the handler names it", opts: []middleware.PageOption{byHeader}, says: []string{"Vary: accept, x-LANG"}, want: []string{"accept, x-LANG"}},
		{rule: "the handler names one", opts: []middleware.PageOption{byHeader, byCookie}, says: []string{"Vary: Cookie"}, want: []string{"Cookie", "X-Lang"}},
		{rule: "others name it", opts: []middleware.PageOption{byHeader}, outer: "X-Lang", want: []string{"X-Lang"}},
	} {
		for _, size := range []int{1, 10_000} {
			for mode, p := range modes(t, answering(strings.Repeat("p", size), append(test.says, "Cache-Control: max-age=60")...), append(test.opts, middleware.IgnoreCookies("*"))...) {
				site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if test.outer != "" {
						w.Header().Set("Vary", test.outer)
					}
					p.ServeHTTP(w, r)
				})
				first := ask(site, "/page", "Cookie: locale=de")
				for i, a := range []answer{first, ask(site, "/page", "Cookie: locale=de"), ask(site, "/page", "Cookie: locale=de"),
					ask(site, "/page", "Cookie: locale=de", "If-None-Match: "+first.header.Get("Etag"))} {
					if !slices.Equal(a.header["Vary"], test.want) {
						t.Errorf("%s, %s, %d bytes, answer %d: %q, want %q", test.rule, mode, size, i, a.header["Vary"], test.want)
					}
				}
			}
		}
	}
}

// A response that is not stored gets no Cache-Control and no ETag from the cache, and keeps each
// Set-Cookie.
func TestNothingIsToldToBrowsersOfAPageThatIsNotStored(t *testing.T) {
	p := cached(t, answering("page", "Set-Cookie: a=1", "Set-Cookie: b=2"))
	a := ask(p, "/page")
	if a.header["Cache-Control"] != nil || a.header["Etag"] != nil || !slices.Equal(a.header["Set-Cookie"], []string{"a=1", "b=2"}) {
		t.Errorf("%q", a.header)
	}
}

// Fields of outer middleware are sent beside the stored ones, and are not stored.
func TestTheHeaderOfMiddlewareFurtherOutIsKeptAndNotStored(t *testing.T) {
	for _, control := range []string{"public", "private"} {
		requests := 0
		p := cached(t, answering("page", "Vary: Accept", "Set-Cookie: own=1", "Link: </own>", "X-Both: own", "Cache-Control: "+control), middleware.StripSetCookie())
		outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			h := w.Header()
			h.Set("Vary", "Origin")
			h.Set("Set-Cookie", fmt.Sprint("session=", requests))
			h.Set("Link", "</outer>")
			h.Set("X-Both", "outer")
			h.Set("X-Request-Id", fmt.Sprint(requests))
			h.Set("Cache-Status", "outer; fwd=miss")
			p.ServeHTTP(w, r)
		})
		for i := range 3 {
			a := ask(outer, "/page")
			wantCookies := []string{fmt.Sprint("session=", i+1)}
			if !a.isHit() {
				wantCookies = append(wantCookies, "own=1")
			}
			want := http.Header{
				"Vary": {"Origin", "Accept"}, "Link": {"</outer>", "</own>"}, "X-Both": {"outer", "own"},
				"X-Request-Id": {fmt.Sprint(i + 1)}, "Set-Cookie": wantCookies,
			}
			got := http.Header{}
			for name := range want {
				got[name] = a.header[name]
			}
			if control == "private" && i > 0 {
				continue // the handler itself answers
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, request %d: (-want +got)\n%s", control, i, diff)
			}
			if lines := a.header["Cache-Status"]; len(lines) != 2 || lines[1] != "outer; fwd=miss" {
				t.Errorf("Cache-Status is %q", a.header["Cache-Status"])
			}
		}
	}
}

// A response of an inner larder cache in the same program is not stored again by the outer one.
func TestAPageOfACacheFurtherInIsNotStoredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := answering("page")
		inner := middleware.CachePage(ttl, middleware.KeyPrefix("inner"), middleware.BrowserTTL(ttl))(h)
		p := within(inMemory(t), middleware.CachePage(ttl, middleware.KeyPrefix("outer"))(inner))
		const nested = " | larder; fwd=uri-miss; fwd-status=200; detail=nested"
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored"+nested)
		time.Sleep(time.Minute)
		ask(p, "/page").wantStatus(t, "larder; hit; ttl=3540"+nested)
		ask(p, "/page").wantStatus(t, "larder; hit; ttl=3540 | larder; fwd=uri-miss; detail=uncacheable; larder-cause=nested")
		h.wantRuns(t, 1)
	})
}

// A response that passed through a cache of another program is stored.
func TestAPageOfAnotherCacheFurtherInIsStored(t *testing.T) {
	p := cached(t, answering("page", `Cache-Status: "larder; hit", cdn; hit; detail="x, larder; hit"`, "Cache-Status: other; stored"))
	ask(p, "/page")
	ask(p, "/page").wantHit(t, "page")
}

// Two caches around one handler with the same key do not disturb each other.
func TestTwoCachesWithOneKeyDoNotGetInEachOthersWay(t *testing.T) {
	caches := inMemory(t)
	h := answering("page")
	p := within(caches, middleware.CachePage(ttl)(middleware.CachePage(ttl)(h)))
	ask(p, "/page").wantBody(t, "page")
	ask(p, "/page").wantHit(t, "page")
	h.wantRuns(t, 1)
}

// An invalid status code panics as it does without a cache.
func TestAnEarlyErrorOfTheHandlerIsOneOfTheClientsToo(t *testing.T) {
	for _, status := range []int{-1, 0, 42, 1000} {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }}
		want := fmt.Sprint("invalid WriteHeader code ", status)
		if got := panicOf(func() { ask(cached(t, h), "/page") }); got != want {
			t.Errorf("%d: the panic is %v", status, got)
		}
	}
}

// The first status that a handler writes counts, and so does the header of that moment.
func TestTheStatusCountsThatIsWrittenFirst(t *testing.T) {
	p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Before", "1")
		w.WriteHeader(http.StatusOK)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-After", "1")
		_, _ = io.WriteString(w, "page")
	}})
	for range 2 {
		if a := ask(p, "/page"); a.status != 200 || a.header.Get("X-Before") != "1" || a.header.Get("X-After") != "" {
			t.Errorf("%d %q", a.status, a.header)
		}
	}
}

// An empty response is stored.
func TestAnEmptyPageIsStored(t *testing.T) {
	h := answering("")
	p := cached(t, h)
	ask(p, "/page").wantBody(t, "")
	ask(p, "/page").wantHit(t, "")
	h.wantRuns(t, 1)
}

// Bytes beyond Content-Length are refused with http.ErrContentLength.
// RFC 9110, 8.6
func TestWritesBeyondContentLengthAreRefused(t *testing.T) {
	var n int
	var err error
	p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		n, err = io.WriteString(w, "page and more")
	}})
	ask(p, "/page").wantBody(t, "page")
	if n != 4 || err != http.ErrContentLength {
		t.Errorf("Write = %d, %v", n, err)
	}
	ask(p, "/page").wantHit(t, "page")
}

// A body is refused where the status allows none.
// RFC 9110, 6.4.1
func TestWritesWhereNoBodyIsAllowedAreRefused(t *testing.T) {
	for _, status := range []int{http.StatusNoContent, http.StatusNotModified} {
		var err error
		p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, err = io.WriteString(w, "body")
		}})
		if a := ask(p, "/page"); a.status != status || a.body != "" || err != http.ErrBodyNotAllowed {
			t.Errorf("%d: %d %q, Write: %v", status, a.status, a.body, err)
		}
	}
}
