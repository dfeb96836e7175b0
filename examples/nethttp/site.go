package main

import (
	"crypto/rand"
	_ "embed"
	"errors"
	"html/template"
	"log"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
	"github.com/larder-go/larder/middleware"
)

//go:embed pages.html
var pagesHTML string

// Policies say how pages are cached. Those of the site are the same for everybody,
// whatever cookies a browser sends and whatever stands behind the "?"; of personal
// ones each session has its own.
var (
	public   = middleware.NewSitePolicy(middleware.DefaultTTL(10*time.Minute), middleware.IgnoreCookies("*"), middleware.OnlyQuery())
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

// routes returns the site: one policy for all of its pages, and another for the
// route that differs. Lifecycle gives each request its caches.
func (s *site) routes(caches *cache.Handler) http.Handler {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", s.board)
	pages.HandleFunc("GET /notices/{id}", s.notice)
	pages.HandleFunc("POST /notices/{id}", s.change)

	mux := http.NewServeMux()
	mux.Handle("/", public.Handler(pages))
	mux.Handle("GET /me", personal.Handler(http.HandlerFunc(s.me)))
	mux.HandleFunc("POST /login", s.login)
	return middleware.Chain(middleware.Lifecycle(middleware.WithCaches(caches)), http.NewCrossOriginProtection().Handler)(mux)
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
