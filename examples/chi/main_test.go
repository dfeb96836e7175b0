package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	_ "github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is the example, with its pages in files.
func site(t *testing.T) http.Handler {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "file", Location: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caches.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return routes(caches)
}

func ask(h http.Handler, method, path string) (body, cacheStatus string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Body.String(), w.Header().Get("Cache-Status")
}

func TestAHandlerKnowsItsRouteInEachRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := site(t)
		for round := range 3 {
			for _, id := range []string{"7", "8"} {
				_, _ = ask(h, "GET", "/articles/"+id) // made, or refreshed in the background
				synctest.Wait()
				body, status := ask(h, "GET", "/articles/"+id)
				if !strings.HasPrefix(body, "article "+id+", /articles/{id}, made") || !strings.Contains(status, "; hit") {
					t.Errorf("round %d: article %s is %q, Cache-Status %q", round, id, body, status)
				}
				_, _ = ask(h, "GET", "/now") // chi has used the context again
			}
			time.Sleep(10 * time.Minute)
		}
	})
}

func TestAChangeForgetsTheArticle(t *testing.T) {
	h := site(t)
	for range 2 {
		if _, status := ask(h, "GET", "/articles/7"); !strings.Contains(status, "fwd=uri-miss") {
			t.Errorf("Cache-Status is %q, want a miss", status)
		}
		if _, status := ask(h, "HEAD", "/articles/7"); !strings.Contains(status, "; hit") {
			t.Errorf("Cache-Status of the HEAD is %q, want a hit", status)
		}
		_, _ = ask(h, "PUT", "/articles/7")
	}
}
