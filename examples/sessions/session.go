package main

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/larder-go/larder/cache"
)

// idle is how long after its last use a session ends.
const idle = 7 * 24 * time.Hour

// sessions is the view of the request's sessions, whose values are the names of
// users. All that stores or touches one gives it the same time, so that none lasts
// for ever, and none ends by an alias's default.
func sessions(r *http.Request) cache.View[string] {
	return cache.For[string](cache.From(r.Context(), "sessions"), cache.After(idle))
}

// key is where the session of an id is. It is a hash: what clients send makes no
// key, and who can read the cache cannot log in with what is there.
func key(id string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(id))) }

// sessionID is what the cookie of the request says, if there is one.
func sessionID(r *http.Request) string {
	if cookie, err := r.Cookie("session"); err == nil {
		return cookie.Value
	}
	return ""
}

// me shows who is logged in. The session is used, and lasts a week from now.
func me(w http.ResponseWriter, r *http.Request) {
	id := sessionID(r)
	user, found, err := sessions(r).Get(r.Context(), key(id))
	if found {
		found, err = sessions(r).Touch(r.Context(), key(id))
	}
	switch {
	case err != nil:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	case !found:
		http.Error(w, "log in first", http.StatusForbidden)
	default:
		setCookie(w, id, idle)
		fmt.Fprintln(w, "hello,", user)
	}
}

// login begins a session, with an id that nobody can guess. The one that the
// browser came with ends: somebody else may have put it there.
func login(w http.ResponseWriter, r *http.Request) {
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	if ok, err := allow(r.Context(), "login:"+client); !ok {
		log.Printf("%s may not log in for now; error: %v", client, err)
		http.Error(w, "too many attempts", http.StatusTooManyRequests)
		return
	}
	id := rand.Text()
	_, err := sessions(r).Delete(r.Context(), key(sessionID(r)))
	// Here a program asks for more than a name.
	if err = errors.Join(err, sessions(r).Set(r.Context(), key(id), r.PostFormValue("user"))); err != nil {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	setCookie(w, id, idle)
}

func logout(w http.ResponseWriter, r *http.Request) {
	if _, err := sessions(r).Delete(r.Context(), key(sessionID(r))); err != nil {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	setCookie(w, "", -time.Second)
}

// setCookie sets the cookie of the session; it has to be Secure, too, on a site
// that is served by HTTPS.
func setCookie(w http.ResponseWriter, id string, lasts time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", MaxAge: int(lasts.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
