package neighbours

import (
	"net/http"
	"testing"

	"github.com/gorilla/csrf"
	"github.com/justinas/nosurf"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
	"github.com/unrolled/secure"
)

// securityRows set fields about security, or protect forms.
var securityRows = []neighbour{
	{
		name: "unrolled-secure",
		http: func(*testing.T) wrapper {
			return secure.New(secure.Options{FrameDeny: true, ContentTypeNosniff: true, ContentSecurityPolicy: "default-src 'self'"}).Handler
		},
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name: "unrolled-secure-nonce",
		http: func(*testing.T) wrapper {
			return secure.New(secure.Options{ContentSecurityPolicy: "script-src $NONCE"}).Handler
		},
		token:   func(v visit) string { return secure.CSPNonce(v.r.Context()) },
		inside:  expectation{fate: private},
		outside: expectation{fate: bypass},
	},
	{
		name: "nosurf",
		http: func(*testing.T) wrapper {
			return func(next http.Handler) http.Handler { return nosurf.New(next) }
		},
		token:   func(v visit) string { return nosurf.Token(v.r) },
		inside:  expectation{fate: perSession, differs: tokenAgain, runs: refusedInside},
		outside: expectation{fate: private, runs: refused},
	},
	{
		name: "gorilla-csrf",
		http: func(*testing.T) wrapper {
			protect := csrf.Protect(sessionKey, csrf.Secure(false))
			return func(next http.Handler) http.Handler {
				protected := protect(next)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					protected.ServeHTTP(w, csrf.PlaintextHTTPRequest(r))
				})
			}
		},
		token:   func(v visit) string { return csrf.Token(v.r) },
		inside:  expectation{fate: perSession, differs: tokenAgain, runs: refusedInside},
		outside: expectation{fate: private, runs: refused},
	},
	{
		name:  "echo4-csrf",
		echo4: func(*testing.T) middlewares { return middlewares{echo4: echo4mw.CSRF()} },
		token: func(v visit) string {
			token, _ := v.echo4.Get(echo4mw.DefaultCSRFConfig.ContextKey).(string)
			return token
		},
		inside:  expectation{fate: private, runs: refused},
		outside: expectation{fate: private, runs: refused},
	},
	{
		name:  "echo5-csrf",
		echo5: func(*testing.T) middlewares { return middlewares{echo5: echo5mw.CSRF()} },
		token: func(v visit) string {
			token, _ := v.echo5.Get(echo5mw.DefaultCSRFConfig.ContextKey).(string)
			return token
		},
		inside:  expectation{fate: private, runs: refused},
		outside: expectation{fate: private, runs: refused},
	},
	{
		name:    "echo4-secure",
		echo4:   func(*testing.T) middlewares { return middlewares{echo4: echo4mw.Secure()} },
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name:    "echo5-secure",
		echo5:   func(*testing.T) middlewares { return middlewares{echo5: echo5mw.Secure()} },
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
	{
		name: "cross-origin-protection",
		http: func(*testing.T) wrapper {
			return func(next http.Handler) http.Handler { return http.NewCrossOriginProtection().Handler(next) }
		},
		inside:  expectation{fate: shared},
		outside: expectation{fate: shared},
	},
}

// A POST without a token does not reach the handler.
var (
	refused       = map[string]int32{"methods": 5}
	refusedInside = map[string]int32{"methods": 3, "file": 5}
)

// The library masks the token in another way each time.
var tokenAgain = map[string]string{"token": "RFC 9111, 4.1: with Vary: Cookie, a visitor's page is used again for the same visitor"}
