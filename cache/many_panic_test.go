package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
)

// Shutdown does not wait for an operation whose KeyFunc panicked. A server recovers from the panic,
// and shuts down some day.
func TestShutdownDoesNotWaitForAKeyFuncThatPanicked(t *testing.T) {
	for name, operation := range map[string]func(c *cache.BaseCache){
		"GetMany":    func(c *cache.BaseCache) { _, _ = c.GetMany(t.Context(), []string{"good", "bad"}) },
		"SetMany":    func(c *cache.BaseCache) { _, _ = c.SetMany(t.Context(), map[string]any{"good": 1, "bad": 2}) },
		"DeleteMany": func(c *cache.BaseCache) { _ = c.DeleteMany(t.Context(), []string{"good", "bad"}) },
	} {
		t.Run(name, func(t *testing.T) {
			h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory", KeyFunc: func(prefix string, version int, key string) string {
				if key == "bad" {
					panic(key)
				}
				return cache.DefaultKey(prefix, version, key)
			}}})
			if err != nil {
				t.Fatal(err)
			}
			c, err := h.Cache(cache.DefaultAlias)
			if err != nil {
				t.Fatal(err)
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("there was no panic")
					}
				}()
				operation(c)
			}()
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			if err := h.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}
