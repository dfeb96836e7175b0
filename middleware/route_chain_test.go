package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"testing"

	"github.com/larder-go/larder/middleware"
)

// marking returns middleware that leaves a mark in the request.
func marking(mark string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Add("X-Mark", mark)
			next.ServeHTTP(w, r)
		})
	}
}

// Chain applies middleware in its order.
func TestARequestGoesThroughAChainInItsOrder(t *testing.T) {
	marks := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Header["X-Mark"])
	})
	all := []func(http.Handler) http.Handler{marking("a"), marking("b"), marking("c")}
	chain := middleware.Chain(all...)
	all[0] = marking("changed later")
	for range 2 { // it can be used again
		ask(chain(marks), "/").wantBody(t, "[a b c]")
	}
	ask(middleware.Chain(chain, marking("d"))(marks), "/").wantBody(t, "[a b c d]")
	ask(middleware.Chain()(marks), "/").wantBody(t, "[]")
}

// Middleware in front of the cache is asked on a hit.
func TestWhatStandsBeforeTheCacheIsAskedOnAHit(t *testing.T) {
	allowed := true
	requireUser := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !allowed {
				http.Error(w, "not for you", http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	p := within(inMemory(t), middleware.Chain(requireUser, middleware.CachePage(ttl))(answering("page")))
	ask(p, "/page").wantBody(t, "page")
	ask(p, "/page").wantHit(t, "page")
	allowed = false
	if a := ask(p, "/page"); a.status != http.StatusForbidden {
		t.Errorf("status %d, want 403", a.status)
	}
}

func ExampleChain() {
	articles := middleware.NewPolicy(time.Hour, middleware.IgnoreQuery("utm_*"), middleware.IgnoreCookies("*"))
	page := middleware.Chain(
		middleware.VaryOnHeaders("Accept-Language"),
		articles.Handler,
		middleware.ConditionalGet(1<<20),
	)

	mux := http.NewServeMux()
	mux.Handle("GET /articles/{id}", page(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Pattern+": "+r.PathValue("id"))
	})))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/articles/7?utm_source=x", nil))
	fmt.Println(w.Body, w.Header()["Vary"])
	// Output:
	// GET /articles/{id}: 7 [Accept-Language]
}
