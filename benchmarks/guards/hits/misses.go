package main

import (
	"context"
	"net/http"
	"strconv"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// Misses are paths, too: a page or a value that nobody has asked for. The caches are small,
// so that each miss pushes an entry out, as in a cache that is full.

const missedEntries = 256

// small is memory with few entries and the clock of the program.
func small() (*cache.Handler, error) {
	return cache.NewHandler(cache.Settings{"default": {Backend: "memory", Options: map[string]any{"max_entries": missedEntries}}})
}

func loadPath(ctx context.Context) (func() error, error) {
	caches, err := small()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	_ = stop // it lasts as long as the program
	people := cache.For[person](cache.From(caches.Scope(ctx), cache.DefaultAlias))
	load := func(context.Context) (person, error) { return person{1, "Ada"}, nil }
	count := 0
	return func() error {
		count++
		_, err := people.GetOrSet(ctx, "person:"+strconv.Itoa(count), load)
		return err
	}, nil
}

// person is a struct of two fields.
type person struct {
	ID   int
	Name string
}

func missedPagePath(ctx context.Context) (func() error, error) {
	caches, err := small()
	if err != nil {
		return nil, err
	}
	page := middleware.Lifecycle(lifecycleOptions(caches)...)(cachedPage())
	w, r, count := nowhere{http.Header{}}, request(ctx), 0
	return func() error {
		count++
		clear(w.header)
		r.URL.RawQuery = "n=" + strconv.Itoa(count)
		r.RequestURI = r.URL.RequestURI()
		page.ServeHTTP(w, r)
		return nil
	}, nil
}
