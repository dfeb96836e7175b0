package neighbours

import (
	"context"
	"crypto/rand"
	"net/http"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	ginsessions "github.com/gin-contrib/sessions"
	gincookie "github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/sessions"
	echosession "github.com/labstack/echo-contrib/session"
	echo4 "github.com/labstack/echo/v4"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5 "github.com/labstack/echo/v5"
	echo5mw "github.com/labstack/echo/v5/middleware"
)

// sessionKey is not secret: it signs the cookies of tests.
var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// sessionRows keep a token for each visitor in a session, and show it in the page,
// as a form with a CSRF token does. Whoever comes without a session gets one.
var sessionRows = []neighbour{
	{
		name: "scs", http: loadAndSave, token: scsToken,
		inside:  expectation{fate: perSession, fates: noToken},
		outside: expectation{fate: bypass}, // it says Vary: Cookie at once
	},
	{
		name: "gorilla-sessions", http: withGorillaStore, token: gorillaToken,
		inside:  expectation{fate: private, fates: noToken},
		outside: expectation{fate: private, fates: noToken},
	},
	{
		name: "gin-sessions", token: ginToken, ends: ginSaves,
		gin: func(*testing.T) middlewares {
			return middlewares{gin: ginsessions.Sessions("sid", gincookie.NewStore(sessionKey))}
		},
		inside:  expectation{fate: private, fates: noToken},
		outside: expectation{fate: private, fates: noToken, differs: savedLate},
	},
	{
		name: "echo-session", token: echoToken,
		echo4: func(*testing.T) middlewares {
			return middlewares{echo4: echosession.Middleware(sessions.NewCookieStore(sessionKey))}
		},
		inside:  expectation{fate: private, fates: noToken},
		outside: expectation{fate: private, fates: noToken},
	},
	{
		name: "chi-basic-auth", fields: basicAuth, token: basicUser,
		http: func(*testing.T) wrapper {
			return middleware.BasicAuth("shop", map[string]string{"user-ada": "secret", "user-bob": "secret"})
		},
		inside:  expectation{fate: private},
		outside: expectation{fate: private},
	},
	{
		name: "gin-basic-auth", fields: basicAuth,
		token: func(v visit) string { return v.gin.GetString(gin.AuthUserKey) },
		gin: func(*testing.T) middlewares {
			return middlewares{gin: gin.BasicAuth(gin.Accounts{"user-ada": "secret", "user-bob": "secret"})}
		},
		inside:  expectation{fate: private},
		outside: expectation{fate: private},
	},
	{
		name: "echo4-key-auth", fields: bearer,
		token: func(v visit) string { return v.echo4.Get("user").(string) },
		echo4: func(*testing.T) middlewares {
			return middlewares{echo4: echo4mw.KeyAuth(func(key string, c echo4.Context) (bool, error) {
				c.Set("user", key)
				return true, nil
			})}
		},
		inside:  expectation{fate: private},
		outside: expectation{fate: private},
	},
	{
		name: "echo5-key-auth", fields: bearer,
		token: func(v visit) string { return v.echo5.Get("user").(string) },
		echo5: func(*testing.T) middlewares {
			return middlewares{echo5: echo5mw.KeyAuth(func(c *echo5.Context, key string, _ echo5mw.ExtractorSource) (bool, error) {
				c.Set("user", key)
				return true, nil
			})}
		},
		inside:  expectation{fate: private},
		outside: expectation{fate: private},
	},
}

type scsKey struct{}

// loadAndSave puts the session manager into the context, since there is one for
// each application.
func loadAndSave(t *testing.T) wrapper {
	manager := scs.New()
	t.Cleanup(manager.Store.(*memstore.MemStore).StopCleanup)
	return func(next http.Handler) http.Handler {
		return withValue(scsKey{}, manager, manager.LoadAndSave(next))
	}
}

func scsToken(v visit) string {
	manager := v.r.Context().Value(scsKey{}).(*scs.SessionManager)
	token := manager.GetString(v.r.Context(), "token")
	if token == "" {
		token = rand.Text()
		manager.Put(v.r.Context(), "token", token)
	}
	return token
}

type gorillaKey struct{}

func withGorillaStore(*testing.T) wrapper {
	store := sessions.NewCookieStore(sessionKey)
	return func(next http.Handler) http.Handler { return withValue(gorillaKey{}, store, next) }
}

// gorillaToken saves the session to the response before the page begins, as
// gorilla/sessions needs it.
func gorillaToken(v visit) string {
	store := v.r.Context().Value(gorillaKey{}).(*sessions.CookieStore)
	session, err := store.Get(v.r, "sid")
	return tokenOf(session, err, v)
}

func tokenOf(session *sessions.Session, err error, v visit) string {
	if err != nil {
		return err.Error()
	}
	token, _ := session.Values["token"].(string)
	if token == "" {
		token = rand.Text()
		session.Values["token"] = token
		if err := session.Save(v.r, v.w); err != nil {
			return err.Error()
		}
	}
	return token
}

func echoToken(v visit) string {
	session, err := echosession.Get("sid", v.echo4)
	return tokenOf(session, err, v)
}

// ginToken saves the session when it is new; ginSaves again when the page is written,
// as programs do it all the same.
func ginToken(v visit) string {
	session := ginsessions.Default(v.gin)
	token, _ := session.Get("token").(string)
	if token == "" {
		token = rand.Text()
		session.Set("token", token)
		_ = session.Save()
	}
	return token
}

func ginSaves(v visit) {
	session := ginsessions.Default(v.gin)
	session.Set("token", session.Get("token"))
	_ = session.Save()
}

func basicAuth(user string) http.Header {
	r := &http.Request{Header: make(http.Header)}
	r.SetBasicAuth("user-"+user, "secret")
	return r.Header
}

func basicUser(v visit) string {
	user, _, _ := v.r.BasicAuth()
	return user
}

func bearer(user string) http.Header {
	return http.Header{"Authorization": {"Bearer user-" + user}}
}

// withValue puts a value into the context of requests.
func withValue(key, value any, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key, value)))
	})
}

// Without larder a cookie that is set when the page has begun is lost, unless the
// server has not sent the header yet. What larder holds back has not begun.
var savedLate = map[string]string{"Set-Cookie": "RFC 6265, 3: a server sends a cookie in the header of a response"}

// The file is for everybody: its handler takes nothing from the session.
var noToken = map[string]fate{"file": shared}
