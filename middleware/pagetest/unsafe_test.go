package pagetest_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/middleware/pagetest"
)

// echoes is a page with what a function makes of the request.
func echoes(of func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<html><body><h1>News</h1> <p>%s</p></body></html>\n", of(r))
	}
}

func field(name string) func(*http.Request) string {
	return func(r *http.Request) string { return r.Header.Get(name) }
}

type userKey struct{}

// signedIn is outer middleware that keeps who asks in the context.
func signedIn(next http.Handler, who func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, who(r))))
	})
}

func user(r *http.Request) string { name, _ := r.Context().Value(userKey{}).(string); return name }

// An input of the page that no option declares is found.
func TestAnUndeclaredInputIsFound(t *testing.T) {
	fragment := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("HX-Request") == "true" {
			fmt.Fprint(w, "<li>fragment</li>")
			return
		}
		fmt.Fprint(w, "<html><ul><li>fragment</li></ul></html>")
	}
	cors := func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); strings.HasSuffix(origin, ".example") {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		fmt.Fprint(w, "{}")
	}
	lateVary := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Turbo-Frame") != "" {
			w.Header().Set("Vary", "Turbo-Frame")
			fmt.Fprint(w, "frame")
			return
		}
		fmt.Fprint(w, "page")
	}
	public := func(of func(*http.Request) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			echoes(of)(w, r)
		}
	}
	cookie := func(r *http.Request) string {
		if c, err := r.Cookie("theme"); err == nil {
			return c.Value
		}
		return "light"
	}
	for name, test := range map[string]struct {
		h                   http.Handler
		target              string
		input, change, line string
	}{
		"an HX-Request fragment": {minute(fragment), "/", "Hx-Request: true", "fragment", `middleware.VaryByHeader("Hx-Request")`},
		"another page where it is compressed": {minute(func(w http.ResponseWriter, r *http.Request) {
			zipped(w, r)
			if r.Header.Get("Accept-Encoding") == "" {
				fmt.Fprint(w, r.Header.Get("Save-Data"))
			}
		}), "/", "Save-Data: on", "on", `middleware.VaryByHeader("Save-Data")`},
		"a fragment that is not stored, where the page is": {minute(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Requested-With") != "" {
				w.Header().Set("Cache-Control", "no-store")
			}
			echoes(field("X-Requested-With"))(w, r)
		}), "/", "X-Requested-With", "XMLHttpRequest", `middleware.VaryByHeader("X-Requested-With")`},
		"a page in the reader's language": {minute(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Language", "en")
			if strings.HasPrefix(r.Header.Get("Accept-Language"), "de") {
				w.Header().Set("Content-Language", "de")
			}
			fmt.Fprint(w, map[string]string{"de": "Hallo", "en": "Hello"}[w.Header().Get("Content-Language")])
		}), "/", "Accept-Language: de", "Hallo", `middleware.VaryByHeader("Accept-Language")`},
		"Vary is sent with one of two answers only": {minute(lateVary), "/", "Turbo-Frame", "frame", `middleware.VaryByHeader("Turbo-Frame")`},
		"a CORS answer by Origin":                   {minute(cors), "/", "Origin: https://a.example", "Access-Control-Allow-Origin", `middleware.VaryByHeader("Origin")`},
		"an inbox behind an identity proxy, that says public": {minute(public(field("X-Forwarded-User"))), "/inbox",
			"X-Forwarded-User: ada", "ada", `middleware.VaryByHeader("X-Forwarded-User")`},
		"an inbox behind an identity proxy, of an origin": {middleware.Shared()(public(field("X-Auth-Request-Email"))), "/inbox",
			"X-Auth-Request-Email", "ada@a.example", `middleware.VaryByHeader("X-Auth-Request-Email")`},
		"an inbox whose user outer middleware knows": {signedIn(minute(echoes(user), middleware.IgnoreHeaders("Remote-User")), field("Remote-User")), "/inbox",
			"Remote-User", "ada", "middleware.VaryByNamed"},
		"a session that outer middleware knows": {signedIn(minute(echoes(user), middleware.IgnoreCookies("*")), cookie), "/",
			"cookie theme", "dark", "middleware.VaryByNamed"},
		"a cookie that a public page looks at":     {minute(public(cookie)), "/", "cookie theme", "dark", `middleware.VaryByCookie("theme")`},
		"a tenant by host name in a field":         {minute(echoes(field("X-Forwarded-Host"))), "/", "X-Forwarded-Host: a.example", "a.example", "middleware.TrustProxies"},
		"a tenant by host name in another field":   {minute(echoes(field("X-Tenant-Host"))), "/", "X-Tenant-Host", "a.example", `middleware.VaryByHeader("X-Tenant-Host")`},
		"a tenant that outer middleware has found": {signedIn(minute(echoes(user)), field("X-Forwarded-Host")), "/", "X-Forwarded-Host", "a.example", "middleware.TrustProxies"},
		"the scheme that a proxy forwards":         {minute(echoes(field("X-Forwarded-Proto"))), "/", "X-Forwarded-Proto", "http", "middleware.TrustProxies"},
		"an address that a proxy forwards":         {minute(echoes(field("X-Forwarded-For"))), "/", "X-Forwarded-For", "203.0.113.7", "private"},
		"the client's address":                     {minute(echoes(func(r *http.Request) string { return r.RemoteAddr })), "/", "the client's address", "203.0.113.7", "private"},
		"another method by a field":                {minute(echoes(field("X-HTTP-Method-Override"))), "/", "X-Http-Method-Override: HEAD", "HEAD", "private"},
		"a mobile page":                            {minute(echoes(func(r *http.Request) string { return fmt.Sprint(strings.Contains(r.UserAgent(), "iPhone")) })), "/", "User-Agent", "true", "VaryByHeader"},
		"the order of parameters, which is sorted": {signedIn(minute(echoes(user), middleware.SortQuery()), func(r *http.Request) string { return r.URL.RawQuery }), "/?b=1&a=2", "another order", "a=2&b=1", "SortQuery"},
		"the same, of a target in absolute form":   {signedIn(minute(echoes(user), middleware.SortQuery()), func(r *http.Request) string { return r.URL.RawQuery }), "http://shop.example/?b=1&a=2", "another order", "a=2&b=1", "SortQuery"},
		"a parameter that is ignored":              {signedIn(minute(echoes(user), middleware.IgnoreQuery("utm_*")), func(r *http.Request) string { return r.URL.Query().Get("utm_source") }), "/", "utm_source", "audit", "OnlyQuery"},
		"Save-Data, in a Site":                     {middleware.Site()(echoes(field("Save-Data"))), "/", "Save-Data: on", "on", `middleware.VaryByHeader("Save-Data")`},
		"Sec-Fetch-Site, in Shared":                {middleware.Shared()(public(field("Sec-Fetch-Site"))), "/", "Sec-Fetch-Site", "cross-site", `middleware.VaryByHeader("Sec-Fetch-Site")`},
		"a field that makes the handler panic": {minute(func(w http.ResponseWriter, r *http.Request) {
			echoes(func(r *http.Request) string {
				if r.Header.Get("X-Debug") != "" {
					panic(http.ErrAbortHandler)
				}
				return ""
			})(w, r)
		}), "/", "X-Debug", "panicked", "X-Debug"},
		"a redirect that is stored, by the scheme": {minute(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/at-"+r.Header.Get("Accept-Language"), http.StatusMovedPermanently)
		}, middleware.StatusTTL(301, time.Minute)), "/", "Accept-Language", "/at-de", "Accept-Language"},
	} {
		t.Run(name, func(t *testing.T) {
			wantUnsafe(t, run(t, pagetest.Auditor{}, test.h, get(test.target)), test.input, test.change, test.line)
		})
	}
}

// What differs between equal requests is found.
func TestWhatDiffersBetweenEqualRequestsIsFound(t *testing.T) {
	token := func(*http.Request) string {
		return `<form><input type="hidden" name="csrf_token" value="` + rand.Text() + `"></form>`
	}
	for name, test := range map[string]struct {
		h      http.Handler
		change string
	}{
		"a CSRF token": {minute(echoes(token)), "a token"},
		"a CSRF token with its cookie, which a guard keeps out": {minute(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "csrftoken="+rand.Text())
			echoes(token)(w, r)
		}), "a token"},
		"a CSRF token whose cookie is not stored": {minute(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "csrftoken="+rand.Text())
			echoes(token)(w, r)
		}, middleware.StripSetCookie()), "a token"},
		"a CSRF token with a cookie of outer middleware": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			secret := rand.Text()
			w.Header().Set("Set-Cookie", "csrftoken="+secret)
			signedIn(minute(echoes(user)), func(*http.Request) string { return `<input name="csrf" value="` + secret + `">` }).ServeHTTP(w, r)
		}), "a token"},
		"a nonce": {minute(func(w http.ResponseWriter, r *http.Request) {
			nonce := rand.Text()
			w.Header().Set("Content-Security-Policy", "script-src 'nonce-"+nonce+"'")
			echoes(func(*http.Request) string { return `<script nonce="` + nonce + `"></script>` })(w, r)
		}), "a nonce"},
		"a nonce without a policy in the header": {minute(echoes(func(*http.Request) string { return `<script nonce="` + rand.Text() + `"></script>` })), "a nonce"},
		"a nonce of outer middleware": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			nonce := rand.Text()
			w.Header().Set("Content-Security-Policy", "script-src 'nonce-"+nonce+"'")
			signedIn(minute(echoes(user)), func(*http.Request) string { return `<script nonce="` + nonce + `"></script>` }).ServeHTTP(w, r)
		}), "a nonce"},
		"a time stamp":               {minute(echoes(func(*http.Request) string { return time.Now().Format(time.RFC3339Nano) })), "a time stamp"},
		"a time stamp to the second": {minute(echoes(func(*http.Request) string { return time.Now().Format(time.RFC1123) })), "a time stamp"},
		"seconds of Unix":            {middleware.Site()(echoes(func(*http.Request) string { return fmt.Sprint(time.Now().Unix()) })), "a time stamp"},
		"a number":                   {minute(echoes(func(*http.Request) string { return fmt.Sprint(mathrand.Uint64()) })), "another one each time"},
		"a status":                   {minute(alternately(http.StatusOK, http.StatusAccepted), middleware.StatusTTL(202, time.Minute)), "the status"},
	} {
		t.Run(name, func(t *testing.T) {
			report := run(t, pagetest.Auditor{}, test.h, get("/"))
			wantUnsafe(t, report, "the same request again", test.change, "")
		})
	}
}

func alternately(statuses ...int) http.HandlerFunc {
	asked := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(statuses[asked%len(statuses)])
	}
}

// A token that depends on a cookie that clients send back is found, although Set-Cookie keeps only
// the first response out of the cache.
func TestATokenOfACookieThatIsSentBackIsFound(t *testing.T) {
	csrf := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := r.Cookie("guard")
			if err != nil {
				c = &http.Cookie{Name: "guard", Value: rand.Text()}
				http.SetCookie(w, c)
			}
			signedIn(next, func(*http.Request) string { return c.Value }).ServeHTTP(w, r)
		})
	}
	report := run(t, pagetest.Auditor{}, csrf(minute(echoes(user), middleware.IgnoreCookies("guard"))), get("/"))
	wantFindings(t, report, "GET /: the same request again", "GET /: another cookie guard and another cookie guard")
}

// An undeclared input is found beside what differs between equal requests.
func TestAnInputIsFoundBesideWhatDiffersOfItself(t *testing.T) {
	h := minute(echoes(func(r *http.Request) string {
		return fmt.Sprintf("%s at %s, %d of %v", r.Header.Get("Accept-Language"), time.Now().Format(time.RFC3339Nano), mathrand.Int(), math.Pi)
	}))
	report := run(t, pagetest.Auditor{}, h, get("/"))
	var inputs []string
	for _, f := range report.Findings() {
		inputs = append(inputs, f.Input)
	}
	if got := strings.Join(inputs, "; "); got != "the same request again; Accept-Language: de" {
		t.Errorf("found %s\n%s", got, report)
	}
}

// The requests of an audit of one URL differ as those of users do.
func TestRequestsOfOneURLAreThoseOfUsers(t *testing.T) {
	// The session is one that no table knows.
	sessions := map[string]string{"s-1": "Ada", "s-2": "Bob"}
	who := func(r *http.Request) string {
		if c, err := r.Cookie("shop"); err == nil {
			return sessions[c.Value]
		}
		return "stranger"
	}
	shop := signedIn(minute(echoes(user), middleware.IgnoreCookies("shop")), who)
	report := run(t, pagetest.Auditor{}, shop, get("/", "Cookie: shop=s-1"), get("/", "Cookie: shop=s-2"), get("/other"))
	wantFindings(t, report, "GET /: another cookie shop", "GET /: request 2 and request 1", "GET /: another cookie shop")
	wantSafe(t, run(t, pagetest.Auditor{}, signedIn(minute(echoes(user), middleware.IgnoreCookies("shop"), middleware.VaryByNamed("user", user)), who),
		get("/", "Cookie: shop=s-1"), get("/", "Cookie: shop=s-2")))
}
