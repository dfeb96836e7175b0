package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/larder-go/larder/middleware"
)

// pageTTL is how long a finished page is served again.
const pageTTL = 5 * time.Minute

// site has the handlers. They know nothing of the page cache around them.
type site struct {
	library *library
	counts  *tally
	aliases []string
}

func (s *site) routes() http.Handler {
	cached := middleware.CachePage(pageTTL,
		// What else is in an address, or in a cookie, changes nothing here, and
		// must not make other pages of it. Browsers send to every port of
		// localhost the cookies that other programs set there.
		middleware.OnlyQuery("sort", "top"),
		middleware.SortQuery(),
		middleware.IgnoreCookies("*"),
		middleware.KeyPrefix(s.library.id),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", cached(http.HandlerFunc(s.overview)))
	mux.Handle("GET /pkg/{path...}", cached(http.HandlerFunc(s.pkg)))
	mux.HandleFunc("GET /cache", s.cache)
	mux.HandleFunc("GET /", s.notFound)
	return middleware.Lifecycle()(mux)
}

// overview shows the top packages of the tree.
func (s *site) overview(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	report, err := s.library.report(r.Context())
	if err != nil {
		failInternally(w, r, err)
		return
	}
	type row struct {
		Path    string
		Numbers []int
	}
	var rows []row
	for _, p := range report.top(query) {
		numbers := make([]int, len(columns))
		for i, c := range columns {
			numbers[i] = c.of(&report, p)
		}
		rows = append(rows, row{p.Path, numbers})
	}
	render(w, r, http.StatusOK, overviewPage, began, map[string]any{
		"Root":    s.library.root,
		"Report":  report,
		"Query":   query,
		"Columns": columns,
		"Tops":    []int{20, 50, 200, 1000},
		"Rows":    rows,
	})
}

// pkg shows one package.
func (s *site) pkg(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	report, err := s.library.report(r.Context())
	if err != nil {
		failInternally(w, r, err)
		return
	}
	path := r.PathValue("path")
	p, ok := report.find(path)
	if !ok {
		fail(w, r, http.StatusNotFound, fmt.Sprintf("there is no package %q in %s", path, s.library.root))
		return
	}
	type link struct{ Import, Path string } // Path is empty for what is not in the tree
	var imports []link
	for _, imported := range p.Imports {
		target, _ := report.resolve(p, imported)
		imports = append(imports, link{imported, target})
	}
	render(w, r, http.StatusOK, packagePage, began, map[string]any{
		"Package":   p,
		"Imports":   imports,
		"Importers": report.Importers[p.Path],
	})
}

// cache shows what the caches did until now.
func (s *site) cache(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	var activities []activity
	for _, alias := range s.aliases {
		activities = append(activities, s.counts.of(alias))
	}
	w.Header().Set("Cache-Control", "private, no-store")
	render(w, r, http.StatusOK, cachePage, began, activities)
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	fail(w, r, http.StatusNotFound, "there is no such page")
}
