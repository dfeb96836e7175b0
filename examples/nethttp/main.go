// Command nethttp is a small site on net/http alone, a notice board, that uses
// larder for all that a site has: pages for everybody, pages of one user, parts
// of pages, sessions, and a form that changes what was cached.
//
//	go run ./examples/nethttp
//	curl -sI http://127.0.0.1:8080/
//
// The second curl says "hit" in Cache-Status. Read on here: run makes the caches
// and the server, routes says what is cached where, change is what becomes of a
// form, and pages.html says which parts of a page are kept.
package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
	"github.com/larder-go/larder/middleware"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal("nethttp: ", err)
	}
}

// run serves the site until ctx ends.
func run(ctx context.Context, addr string) (err error) {
	caches, err := cache.NewHandler(cache.Settings{
		// Clients choose URLs, and so how many pages there are: bound them by bytes.
		"default":  {Backend: "memory", Location: "pages", Options: map[string]any{"max_bytes": "64MiB"}},
		"sessions": {Backend: "memory", Location: "sessions", Timeout: cache.After(24 * time.Hour)},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caches.Shutdown(context.WithoutCancel(ctx))) }()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: newSite().routes(caches), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

//go:embed pages.html
var pagesHTML string

// Policies say how pages are cached, and routes by which policy. Public pages are
// the same for everybody, whatever cookies a browser sends and whatever stands
// behind the "?"; of personal ones each session has its own.
var (
	public   = middleware.NewPolicy(10*time.Minute, middleware.IgnoreCookies("*"), middleware.OnlyQuery())
	personal = middleware.NewPolicy(time.Minute, middleware.VaryByCookie("session"), middleware.OnlyQuery())
)

type notice struct{ ID, By, Text string }

// site is a notice board. Its notices stand for a database that is slower.
type site struct {
	mu      sync.Mutex
	notices []notice
	made    atomic.Int64
	pages   *fragment.Set
}

func newSite() *site {
	s := &site{notices: []notice{{"bikes", "the caretaker", "No bicycles in the stairwell."}, {"cat", "Mrs Ames", "Lost: a grey cat."}}}
	made := func() int64 { return s.made.Add(1) } // numbers what is made, to show what is not made again
	pages := template.Must(template.New("").Funcs(fragment.Funcs()).Funcs(template.FuncMap{"made": made}).Parse(pagesHTML))
	s.pages = fragment.Must(fragment.New(pages, fragment.For("notice", fragment.Timeout(cache.After(time.Hour)))))
	return s
}

// routes returns the site.
func (s *site) routes(caches *cache.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", public.Handler(http.HandlerFunc(s.board)))
	mux.Handle("GET /notices/{id}", public.Handler(http.HandlerFunc(s.notice)))
	mux.Handle("POST /notices/{id}", public.Handler(http.HandlerFunc(s.change)))
	mux.Handle("GET /me", personal.Handler(http.HandlerFunc(s.me)))
	mux.HandleFunc("POST /login", s.login)
	return middleware.Chain(
		middleware.Lifecycle(middleware.WithCaches(caches)), // gives each request its caches
		http.NewCrossOriginProtection().Handler,             // refuses forms of other sites
	)(mux)
}

func (s *site) all() []notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notices)
}

func (s *site) board(w http.ResponseWriter, r *http.Request) { s.show(w, r, "board", s.all()) }

func (s *site) notice(w http.ResponseWriter, r *http.Request) {
	for _, n := range s.all() {
		if n.ID == r.PathValue("id") {
			s.show(w, r, "one", n)
			return
		}
	}
	http.NotFound(w, r)
}

func (s *site) me(w http.ResponseWriter, r *http.Request) {
	name := user(r)
	if name == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.show(w, r, "me", map[string]any{"Name": name, "Notices": s.all()})
}

// change is what the form of a notice does. A request that changes something and
// goes through a policy makes it forget the page of the same URL; what else shows
// the notice has to be named.
func (s *site) change(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	for i, n := range s.notices {
		if n.ID == r.PathValue("id") {
			s.notices[i] = notice{n.ID, user(r), r.PostFormValue("text")}
		}
	}
	s.mu.Unlock()
	_, err := s.pages.Delete(r.Context(), "notice", r.PathValue("id"))
	site := "http://" + r.Host
	if err = errors.Join(err, public.Purge(r.Context(), site+"/"), personal.Purge(r.Context(), site+"/me")); err != nil {
		log.Print("the old notice may be shown for a while: ", err)
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
}

// login believes any name. For sessions to rely on, see examples/sessions.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	if err := cache.From(r.Context(), "sessions").Set(r.Context(), id, r.PostFormValue("name")); err != nil {
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/me", http.StatusSeeOther)
}

// user returns the name of who is logged in, or "".
func user(r *http.Request) (name string) {
	if session, err := r.Cookie("session"); err == nil {
		_, _ = cache.From(r.Context(), "sessions").Get(r.Context(), session.Value, &name) // without sessions nobody is
	}
	return name
}

func (s *site) show(w http.ResponseWriter, r *http.Request, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := s.pages.Execute(r.Context(), w, page, data); err != nil {
		log.Print(err)
		panic(http.ErrAbortHandler) // half a page must not be taken for a whole one
	}
}
