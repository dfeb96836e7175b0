package main

import (
	"fmt"
	"os"

	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
)

// The servers are those that `go run ./internal/services` starts.

func redis() (*cache.Handler, error) { return networked("redis", "LARDER_TEST_REDIS") }

func memcached() (*cache.Handler, error) { return networked("memcached", "LARDER_TEST_MEMCACHED") }

// networked opens caches on the server whose address is in a variable of the
// environment. Each process has entries of its own.
func networked(backend, variable string) (*cache.Handler, error) {
	addr := os.Getenv(variable)
	if addr == "" {
		return nil, fmt.Errorf("%s is not set: run this with a server, as make guards BASE=... does", variable)
	}
	config, err := cache.ParseURL(fmt.Sprintf("%s://%s?prefix=guards-%d", backend, addr, os.Getpid()))
	if err != nil {
		return nil, err
	}
	return cache.NewHandler(cache.Settings{cache.DefaultAlias: config})
}
