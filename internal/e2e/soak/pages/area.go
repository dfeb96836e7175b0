package pages

import (
	"context"
	"net/http"
	"time"

	"github.com/larder-go/larder/middleware"
)

// area is a part of the site whose pages are for the same kind of people.
type area struct {
	name    string
	policy  int
	people  []string // for whom pages are
	cookie  string   // which says for whom a page is,
	field   string   // or else a request field, or nothing
	header  http.Header
	longest int // a body, in bytes
	write   func(w http.ResponseWriter, r *http.Request, body []byte)
}

// The policies of the areas.
const (
	paged  = iota // CachePage
	themed        // CachePage, by a cookie
	sited         // Site
	policies
)

// The lifetimes are so short that pages expire during a soak, and become stale.
const (
	ttl   = 15 * time.Second
	grace = 5 * time.Second
)

// newPolicies returns the policies of the caches of one alias.
func newPolicies(alias string) (list [policies]*middleware.Policy) {
	list[paged] = middleware.NewPolicy(ttl, middleware.Alias(alias), middleware.IgnoreCookies(analytics), middleware.Grace(grace))
	list[themed] = middleware.NewPolicy(ttl, middleware.Alias(alias), middleware.VaryByCookie("theme"))
	list[sited] = middleware.NewSitePolicy(middleware.Alias(alias), middleware.DefaultTTL(ttl))
	return list
}

// analytics is a cookie on which no page depends.
const analytics = "_ga"

var (
	everybody = []string{"everybody"}
	users     = []string{nobody, "ann", "bob", "eve"}
	languages = []string{"de", "en", "fr"}
	themes    = []string{"dark", "light"}
)

// session is the cookie that says who has signed in, and nobody is who has not.
const (
	session = "session"
	nobody  = "nobody"
)

const (
	short = 8 << 10
	long  = 64 << 10
)

// The areas of each backend.
var (
	plain    = area{name: "plain", people: everybody, longest: short}
	language = area{name: "language", people: languages, field: "Accept-Language", longest: short, header: http.Header{"Vary": {"Accept-Language"}}}
	theme    = area{name: "theme", policy: themed, people: themes, cookie: "theme", longest: short}
	// user is for those who are signed in, and says nothing of it.
	user    = area{name: "user", people: users, cookie: session, longest: short}
	private = area{name: "private", policy: sited, people: users, cookie: session, longest: short, header: http.Header{"Cache-Control": {"private, max-age=60"}}}
	signIn  = area{name: "sign-in", policy: sited, people: users, cookie: session, longest: short, header: http.Header{"Set-Cookie": {"seen=1"}}}
	public  = area{name: "public", policy: sited, people: everybody, longest: short, header: http.Header{"Cache-Control": {"public, max-age=10"}}}
	stream  = area{name: "stream", people: everybody, longest: long, write: inParts}
	slow    = area{name: "slow", people: everybody, longest: short, write: afterAWhile}

	areas = []*area{&plain, &language, &theme, &user, &private, &signIn, &public, &stream, &slow}
)

// whom returns for whom the page is that a request is for.
func (a *area) whom(r *http.Request) string {
	switch {
	case a.cookie != "":
		if c, err := r.Cookie(a.cookie); err == nil {
			return c.Value
		}
		return nobody
	case a.field != "":
		return r.Header.Get(a.field)
	}
	return everybody[0]
}

// as makes a request one of somebody's.
func (a *area) as(r *http.Request, whom string) {
	switch {
	case whom == nobody:
	case a.cookie != "":
		r.AddCookie(&http.Cookie{Name: a.cookie, Value: whom})
	case a.field != "":
		r.Header.Set(a.field, whom)
	}
}

// The pace of slow pages.
const (
	while = 50 * time.Millisecond
	pause = 3 * time.Millisecond
	parts = 6
)

func afterAWhile(w http.ResponseWriter, r *http.Request, body []byte) {
	if wait(r.Context(), while) {
		_, _ = w.Write(body) // a client that has left is none of the handler's business
	}
}

func inParts(w http.ResponseWriter, r *http.Request, body []byte) {
	flush := http.NewResponseController(w).Flush
	for i := range parts {
		_, _ = w.Write(body[i*len(body)/parts : (i+1)*len(body)/parts])
		if flush() != nil || !wait(r.Context(), pause) {
			panic(http.ErrAbortHandler) // what has been sent is not the whole
		}
	}
}

// wait reports whether the context still holds after a time.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
