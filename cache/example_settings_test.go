package cache_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

// From settings to a cached value.
func ExampleNewHandler() {
	caches, err := cache.NewHandler(cache.Settings{
		"default": {Backend: "memory", Timeout: cache.After(5 * time.Minute)},
		"rates":   {Backend: "memory", KeyPrefix: "rates", Options: map[string]any{"max_entries": 1000}, Location: "rates"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer caches.Shutdown(ctx)

	rates := cache.For[float64](caches.Proxy("rates"))
	if err := rates.Set(ctx, "EUR/USD", 1.25, cache.After(time.Minute)); err != nil {
		fmt.Println(err)
	}
	rate, found, err := rates.Get(ctx, "EUR/USD")
	fmt.Println(rate, found, err)
	_, found, err = rates.Get(ctx, "EUR/JPY")
	fmt.Println(found, err)
	// Output:
	// 1.25 true <nil>
	// false <nil>
}

func ExampleParseSettings() {
	settings, err := cache.ParseSettings([]byte(`{
		"default":  {"backend": "memory", "timeout": "5m", "options": {"max_entries": 50000}},
		"sessions": "memory://sessions?timeout=never"
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(settings["default"].Backend, settings["default"].Timeout)
	fmt.Println(settings["sessions"].Backend, settings["sessions"].Location, settings["sessions"].Timeout)

	_, err = cache.ParseSettings([]byte("{\n  \"default\": {\"backend\": \"memory\", \"timeout\": \"soon\"}\n}"))
	fmt.Println(err)
	// Output:
	// memory 5m0s
	// memory sessions never
	// invalid cache backend: invalid settings: line 2, column 36: alias "default": timeout is "soon": it must be a number of seconds, a duration such as "5m", or "never"
}

func ExampleParseURL() {
	cfg, err := cache.ParseURL("redis://cache.internal:6379/0?prefix=shop&timeout=5m&pool_size=20")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.Backend)
	fmt.Println(cfg.Location)
	fmt.Println(cfg.KeyPrefix, cfg.Timeout, cfg.Options)
	// Output:
	// redis
	// redis://cache.internal:6379/0
	// shop 5m0s map[pool_size:20]
}

// The errors of configuration can be distinguished.
func ExampleErrUnknownBackend() {
	_, err := cache.NewHandler(cache.Settings{"default": {Backend: "dummy"}})
	fmt.Println(errors.Is(err, cache.ErrUnknownBackend), errors.Is(err, cache.ErrInvalidBackend))
	// Output: true true
}
