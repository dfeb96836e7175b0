package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/larder-go/larder/middleware"
)

// nowhere is a ResponseWriter that drops the body.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) WriteHeader(int)             {}
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }

func floorPath(ctx context.Context) (func() error, error) {
	body := make([]byte, pageSize)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Cache-Control", "public, max-age=60")
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body)
	})
	r := request(ctx)
	w := nowhere{http.Header{}}
	return func() error {
		clear(w.header)
		h.ServeHTTP(w, r)
		return nil
	}, nil
}

func request(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/page?a=1", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
	return r
}

func pagePath(open opener) func(context.Context) (func() error, error) {
	return func(ctx context.Context) (func() error, error) {
		caches, err := open()
		if err != nil {
			return nil, err
		}
		return hitOf(cachedPage(), request(caches.Scope(ctx)))
	}
}

func variantPath(ctx context.Context) (func() error, error) {
	caches, err := memory()
	if err != nil {
		return nil, err
	}
	return hitOf(cachedPage("Vary", "Accept-Encoding"), request(caches.Scope(ctx)))
}

// cachedPage returns a page behind CachePage, with one more field if that is passed.
func cachedPage(field ...string) http.Handler {
	return middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if len(field) > 0 {
			w.Header().Set(field[0], field[1])
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(make([]byte, pageSize))
	}))
}

const pageSize = 1 << 10

// hitOf is one hit on a page, which is filled before.
func hitOf(page http.Handler, r *http.Request) (func() error, error) {
	w := nowhere{http.Header{}}
	hit := func() error {
		clear(w.header)
		page.ServeHTTP(w, r)
		return nil
	}
	for range 2 {
		if err := hit(); err != nil {
			return nil, err
		}
	}
	if status := w.header.Get("Cache-Status"); !strings.Contains(status, "hit") {
		return nil, fmt.Errorf("no hit: %s", status)
	}
	return hit, nil
}
