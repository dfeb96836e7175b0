package testbackends

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// works stores and reads a value in the cache at the URL of b.
func works(t *testing.T, b Backend) {
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: b.Config(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	c := h.Proxy(cache.DefaultAlias)
	var got int
	if found, err := c.Get(t.Context(), "key", &got); found || err != nil {
		t.Errorf("the cache is not empty: %v, %v", found, err)
	}
	if err := c.Set(t.Context(), "key", 42); err != nil {
		t.Fatal(err)
	}
	if found, err := c.Get(t.Context(), "key", &got); !found || got != 42 || err != nil {
		t.Errorf("Get = %d, %v, %v", got, found, err)
	}
}

func TestEachBackendOfTheTableWorks(t *testing.T) {
	for _, b := range All() {
		t.Run(b.Name, func(t *testing.T) { works(t, b) })
	}
}

// Package cache cannot import backends, so it has the names in a list for that error.
func TestTheErrorAboutAMissingImportKnowsEveryBackend(t *testing.T) {
	for _, name := range driver.DefaultRegistry.Names() {
		backend, _ := driver.DefaultRegistry.Lookup(name)
		open := runtime.FuncForPC(reflect.ValueOf(backend.Open).Pointer()).Name()
		dir, file := open[:strings.LastIndexByte(open, '/')+1], open[strings.LastIndexByte(open, '/')+1:]
		pkg, _, _ := strings.Cut(file, ".")
		_, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: name}}, cache.WithRegistry(new(driver.Registry)))
		if want := fmt.Sprintf("is this import missing? _ %q", dir+pkg); !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s: add %q to ownBackends in cache/settings.go", err, want, name)
		}
	}
}
