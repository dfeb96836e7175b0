// Package testbackends is the table of the backends that tests run on. A backend that is
// added gets a line in it, and every suite that ranges over the table tests it.
package testbackends

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	_ "github.com/larder-go/larder/internal/allbackends"
)

// Backend is a backend that settings can name, with what the suites have to know of it.
type Backend struct {
	// Name is its name in settings and the scheme of its URLs.
	Name string

	// URL returns the URL of an empty cache in a place that no other test uses, whatever
	// the prefix. What it needs is removed when the test ends.
	URL func(tb testing.TB) string

	// Private says that other processes do not see the entries, which end with the process.
	Private bool

	// UnsignedCounters says that the server counts from zero. Negative counters do not
	// change, and a counter that several processes increment past the greatest integer
	// may be invalid afterwards; see package memcachestore.
	UnsignedCounters bool

	// PrintableKeys says that keys with blanks or control characters are refused.
	PrintableKeys bool

	// Server is nil for a backend that has no server.
	Server *Server
}

// Config returns the settings of the cache at b.URL.
func (b Backend) Config(tb testing.TB) cache.Config {
	tb.Helper()
	config, err := cache.ParseURL(b.URL(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return config
}

// table has a line for each backend that keeps entries, so not for "dummy".
var table = []Backend{
	{Name: "memory", URL: func(testing.TB) string { return "memory://" + rand.Text() }, Private: true},
	{Name: "file", URL: func(tb testing.TB) string { return "file://" + tb.TempDir() + "/cache" }},
	{Name: "redis", URL: redis.ownURL, Server: &redis},
	{Name: "memcached", URL: memcached.ownURL, Server: &memcached, UnsignedCounters: true, PrintableKeys: true},
	{Name: "postgres", URL: newTable, Server: &postgres},
}

// All returns every backend.
func All() []Backend { return slices.Clone(table) }

// Shared returns the backends that processes can share.
func Shared() []Backend { return slices.DeleteFunc(All(), func(b Backend) bool { return b.Private }) }

// Networked returns the backends that have a server.
func Networked() []Backend {
	return slices.DeleteFunc(All(), func(b Backend) bool { return b.Server == nil })
}

// Named returns the backend of this name, for tests of what one backend alone does.
func Named(tb testing.TB, name string) Backend {
	tb.Helper()
	i := slices.IndexFunc(table, func(b Backend) bool { return b.Name == name })
	if i < 0 {
		tb.Fatalf("there is no backend %q in the table", name)
	}
	return table[i]
}

// URL returns the URL of an empty cache on the backend of this name, as [Backend].URL does.
func URL(tb testing.TB, name string) string {
	tb.Helper()
	return Named(tb, name).URL(tb)
}

// With adds a parameter to the URL of a cache. Package net/url cannot parse those that have
// several hosts with ports.
func With(address, name, value string) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + url.Values{name: {value}}.Encode()
}
