package roundtrips_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/larder-go/larder/middleware"
)

const (
	plainPath  = "/plain"  // of a page that is the same for all
	variedPath = "/varied" // of one that varies with the language
)

// pageOperations are the rows for CachePage. A process knows the fields that a
// page varies with once it has seen the page.
var pageOperations = []operation{
	{name: "CachePage, hit", before: page(plainPath, "en", ""), do: page(plainPath, "en", "hit")},
	{name: "CachePage, hit, the process has not seen the page", scattered: true, inNew: true, before: page(plainPath, "en", ""), do: page(plainPath, "en", "hit")},
	{name: "CachePage, miss", before: nextPage, do: page(plainPath, "en", "fwd=uri-miss")},
	{name: "CachePage with Vary, hit", scattered: true, before: page(variedPath, "en", ""), do: page(variedPath, "en", "hit")},
	{name: "CachePage with Vary, hit, the process has not seen the page", scattered: true, inNew: true, before: page(variedPath, "en", ""), do: page(variedPath, "en", "hit")},
	{name: "CachePage with Vary, miss", before: nextPage, do: page(variedPath, "en", "fwd=uri-miss")},
	{name: "CachePage with Vary, miss of a second variant", before: firstVariant, do: page(variedPath, "fr", "fwd=vary-miss")},
}

// site is a handler of its own, as each process has one.
func site() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(plainPath, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "a page")
	})
	mux.HandleFunc(variedPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		_, _ = io.WriteString(w, "a page in "+r.Header.Get("Accept-Language"))
	})
	return middleware.CachePage(time.Minute)(mux)
}

// page asks for a page, and expects status as a part of Cache-Status.
func page(path, language, status string) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		scope := p.handler.Scope(ctx)
		target := fmt.Sprintf("%s?page=%d", path, *p.page)
		r := httptest.NewRequest(http.MethodGet, target, nil).WithContext(scope)
		r.Header.Set("Accept-Language", language)
		w := httptest.NewRecorder()
		p.site.ServeHTTP(w, r)
		if err := scope.Close(ctx); err != nil {
			return err
		}
		if got := w.Header().Get("Cache-Status"); !strings.Contains(got, status) {
			return fmt.Errorf("Cache-Status is %q, want %s in it", got, status)
		}
		return nil
	}
}

// nextPage goes on to a page that nobody has asked for.
func nextPage(_ context.Context, p *process) error {
	*p.page++
	return nil
}

func firstVariant(ctx context.Context, p *process) error {
	*p.page++
	return page(variedPath, "en", "fwd=uri-miss")(ctx, p)
}
