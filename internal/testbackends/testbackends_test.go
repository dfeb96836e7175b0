package testbackends

import (
	"context"
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

// works stores and reads a value in the cache at the URL of b.
func works(t *testing.T, b Backend) {
	cfg, err := cache.ParseURL(b.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: cfg})
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

// A backend is a package that registers it, and a line in the table: the toy gets both.
func TestABackendIsAddedByALine(t *testing.T) {
	cache.Register("toy", memstore.Backend())
	before := len(Shared())
	table = append(table, Backend{Name: "toy", URL: func(testing.TB) string { return "toy://a-place" }})
	defer func() { table = table[:len(table)-1] }()
	shared := Shared()
	if len(shared) != before+1 || shared[before].Name != "toy" {
		t.Fatalf("the backends are %v", shared)
	}
	works(t, shared[before])
}
