package cache

import (
	"log/slog"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// String describes the cache without its secrets: the backend, the location
// without user and password, the names of the backend's options, and the
// prefix.
func (cfg Config) String() string {
	text := shownBackend(cfg.Backend) + " at " + cfg.driverConfig("").String()
	if cfg.KeyPrefix != "" {
		text += ", prefix " + cfg.KeyPrefix
	}
	return text
}

// GoString is String, so that %#v shows no secret either.
func (cfg Config) GoString() string { return "cache.Config{" + cfg.String() + "}" }

// LogValue is String, for log/slog.
func (cfg Config) LogValue() slog.Value { return slog.StringValue(cfg.String()) }

// shownBackend returns the name of a backend for messages. Where a URL was
// given for the name, it may have a password.
func shownBackend(name string) string {
	if strings.ContainsAny(name, ":/@?") {
		return driver.RedactLocation(name)
	}
	return name
}
