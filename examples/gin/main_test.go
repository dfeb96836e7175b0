package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

func TestNews(t *testing.T) {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}, "news": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = caches.Shutdown(context.Background()) }()
	r := newRouter(caches)
	for _, step := range []struct{ method, target, body, want, status string }{
		{"GET", "/news/weather", "", "no news about the weather\n", "stored"},
		{"POST", "/news/weather", "Rain is coming", "", "fwd=method"},
		{"GET", "/news/weather", "", "Rain is coming\n", "stored"},
		{"GET", "/news/weather?utm_source=x", "", "Rain is coming\n", "; hit"},
		{"POST", "/news/weather", "Sun is coming", "", "fwd=method"},
		{"GET", "/news/weather", "", "Sun is coming\n", "stored"},
		{"GET", "/about?lang=de", "", "Über uns\n", "stored"},
		{"GET", "/about", "", "About us\n", "stored"},
		{"GET", "/about?lang=de", "", "Über uns\n", "; hit"},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(step.method, step.target, strings.NewReader(step.body)))
		if status := w.Header().Get("Cache-Status"); w.Body.String() != step.want || !strings.Contains(status, step.status) {
			t.Errorf("%s %s: %d %q, %s; want %q, %s", step.method, step.target, w.Code, w.Body, status, step.want, step.status)
		}
	}
}
