package adaptertest

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// purges are the cases of pages that are forgotten by their URL.
var purges = []caseOf{
	{"a purge of a page leaves its neighbours", func(t *testing.T, build Build) {
		checkPurge(t, build, (*middleware.Policy).Purge, "/a.c",
			[]string{"/a.c"},
			[]string{"/abc", "/a.c/", "/a.c/d", "/x/a.c", "/a.cd", "/A.C", "/a.c?x=1", "/?back=/a.c"})
	}},
	{"a purge by prefix is of whole segments", func(t *testing.T, build Build) {
		checkPurge(t, build, (*middleware.Policy).PurgePrefix, "/shop",
			[]string{"/shop", "/shop/", "/shop/hats", "/shop?x=1"},
			[]string{"/shopping", "/x/shop", "/x/shop/hats", "/Shop", "/?back=/shop"})
	}},
}

// checkPurge has one purge made, and looks which pages are there still.
func checkPurge(t *testing.T, build Build, purge func(*middleware.Policy, context.Context, string) error, path string, forgotten, kept []string) {
	t.Helper()
	policy := middleware.NewPolicy(hour)
	s := serve(t, build, Site{Policy: policy, Handler: func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RequestURI) }})
	for _, page := range append(forgotten, kept...) {
		s.Get(page).WantMiss(t, page)
	}
	scope := s.caches.Scope(t.Context())
	if err := purge(policy, scope, s.URL(path)); err != nil {
		t.Fatal(err)
	}
	if err := scope.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, page := range forgotten {
		s.Get(page).WantMiss(t, page)
	}
	for _, page := range kept {
		s.Get(page).WantHit(t, page)
	}
}
