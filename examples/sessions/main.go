// Command sessions has three caches, each for what it is good at, and each on a
// backend that the environment may name:
//
//   - "sessions" must not lose what is in it. Entries are touched whenever they are
//     used, and end a week after the last use. They are in files, which survive a
//     restart; not in memory, where the oldest give way.
//   - "limits" counts log-ins for each address: small, short-lived and atomic.
//   - "default" has the pages, which can be made anew at any time.
//
// To run it, and to run it with the sessions on a server:
//
//	go run ./examples/sessions
//	LARDER_CACHE_SESSIONS='redis://127.0.0.1:6379/0?prefix=sessions' go run ./examples/sessions
//
// Read on here: routes says who gets what, login and session are all there is to
// sessions, and allow is the limit.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/pgstore"
	_ "github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

const (
	idle   = 7 * 24 * time.Hour // after the last use a session ends
	window = time.Minute        // in which an address may try to log in
	tries  = 5                  // so often
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal("sessions: ", err)
	}
}

// newCaches returns the caches, with the settings that are here or, if it has any
// for an alias, in the environment.
func newCaches() (*cache.Handler, error) {
	files, err := os.UserCacheDir()
	named, envErr := cache.SettingsFromEnv(os.Environ())
	if err := errors.Join(err, envErr); err != nil {
		return nil, err
	}
	settings := cache.Settings{
		"sessions": {Backend: "file", Location: filepath.Join(files, "larder-sessions"), Options: map[string]any{"max_entries": 1_000_000}},
		"limits":   {Backend: "memory", Location: "limits", Options: map[string]any{"max_entries": 100_000}},
		"default":  {Backend: "memory", Location: "pages", Options: map[string]any{"max_bytes": "64MiB"}},
	}
	maps.Copy(settings, named)
	return cache.NewHandler(settings)
}

// run serves until ctx ends.
func run(ctx context.Context, addr string) error {
	caches, err := newCaches()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: routes(caches), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), caches.Shutdown(ctx))
}

// routes are a page for everybody, which is cached, and one for each user.
func routes(caches *cache.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", middleware.CachePage(10*time.Minute, middleware.IgnoreCookies("*"))(http.HandlerFunc(front)))
	mux.Handle("GET /me", middleware.NeverCache(http.HandlerFunc(me)))
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /logout", logout)
	return middleware.Chain(middleware.Lifecycle(middleware.WithCaches(caches)), http.NewCrossOriginProtection().Handler)(mux)
}

func front(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "made at %s, for everybody\n", time.Now().Format(time.TimeOnly))
}

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

// allow counts an attempt, and reports whether it is among the first in its
// window. However many come at once, each gets a number of its own.
func allow(ctx context.Context, who string) (bool, error) {
	limits := cache.From(ctx, "limits")
	for range 3 {
		// The first opens the window. Incr leaves its end where it is.
		if _, err := limits.Add(ctx, who, 0, cache.After(window)); err != nil {
			return false, err
		}
		n, err := limits.Incr(ctx, who, 1)
		if !errors.Is(err, cache.ErrNotFound) {
			return err == nil && n <= tries, err
		}
		// The window has ended between the two.
	}
	return false, cache.ErrNotFound // a backend that keeps nothing
}
