// Package testbackends is the table of the backends that tests run on. A backend that is
// added gets a line in it, and every suite that ranges over the table tests it.
package testbackends

import (
	"crypto/rand"
	"slices"
	"testing"

	_ "github.com/larder-go/larder/backends/filestore"     // the backend "file"
	_ "github.com/larder-go/larder/backends/memcachestore" // the backend "memcached"
	_ "github.com/larder-go/larder/backends/memstore"      // the backend "memory"
	_ "github.com/larder-go/larder/backends/redisstore"    // the backend "redis"
	"github.com/larder-go/larder/internal/testserver"
)

// Backend is a backend that settings can name.
type Backend struct {
	Name string

	// Private says that no other process finds the entries, which end with the process.
	Private bool

	// URL returns the URL of a cache that is empty and no other test's. What it needs is
	// removed when the test ends.
	URL func(tb testing.TB) string
}

var table = []Backend{
	{Name: "memory", Private: true, URL: func(testing.TB) string { return "memory://" + rand.Text() }},
	{Name: "file", URL: func(tb testing.TB) string { return "file://" + tb.TempDir() + "/cache" }},
	{Name: "redis", URL: func(tb testing.TB) string { return "redis://" + testserver.Redis(tb) + "?prefix=" + rand.Text() }},
	{Name: "memcached", URL: func(tb testing.TB) string {
		return "memcached://" + testserver.Memcached(tb) + "?prefix=" + rand.Text()
	}},
	{Name: "postgres", URL: newTable},
}

// All returns every backend.
func All() []Backend { return slices.Clone(table) }

// URL returns the URL of a cache on the backend of this name, as [Backend].URL does.
func URL(tb testing.TB, name string) string {
	for _, b := range table {
		if b.Name == name {
			return b.URL(tb)
		}
	}
	tb.Fatalf("there is no backend %q in the table", name)
	return ""
}

// Shared returns the backends that processes can share.
func Shared() []Backend { return slices.DeleteFunc(All(), func(b Backend) bool { return b.Private }) }
