// Package testserver gives tests the real servers that they need: those that
// `make test` and `make services` have started, found in the environment, or
// servers of the test's own, which end with it. How servers are started is in
// package launch.
//
// On a machine that has no servers a test is skipped, with the way to get them.
// Where CI is "true" or LARDER_REQUIRE_SERVERS is "1" it fails instead.
package testserver

import (
	"os"
	"testing"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// Redis returns the host:port of the shared Redis server. Other packages' tests
// use it at the same time: keep to keys with a prefix of your own.
func Redis(tb testing.TB) (addr string) {
	tb.Helper()
	return shared(tb, launch.RedisVariable)
}

// Memcached returns the host:port of the shared Memcached server. Other
// packages' tests use it at the same time: keep to keys with a prefix of your
// own, and leave flush_all alone.
func Memcached(tb testing.TB) (addr string) {
	tb.Helper()
	return shared(tb, launch.MemcachedVariable)
}

// Postgres returns the connection URL of the shared PostgreSQL server, with the
// rights of a superuser. Other packages' tests use it at the same time: keep to
// tables with names of your own, and drop them.
func Postgres(tb testing.TB) (url string) {
	tb.Helper()
	return shared(tb, launch.PostgresVariable)
}

func shared(tb testing.TB, variable string) string {
	tb.Helper()
	where := os.Getenv(variable)
	if where == "" {
		Unavailable(tb, variable+" is not set")
	}
	return where
}

// Require ends the test, as the package comment says, unless all the programs
// are installed.
func Require(tb testing.TB, programs ...string) {
	tb.Helper()
	for _, program := range programs {
		if _, err := launch.Find(program); err != nil {
			Unavailable(tb, err.Error())
		}
	}
}

// Unavailable ends the test, as the package comment says, because what it needs is
// not on this machine.
func Unavailable(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv("CI") == "true" || os.Getenv(launch.RequireVariable) == "1" {
		tb.Fatalf("%s, and the environment requires the servers: `make deps` installs them, `make services` starts them", why)
	}
	tb.Skipf("%s: `make test` installs and starts the servers and runs the tests, `make services` starts them alone and prints the settings", why)
}
