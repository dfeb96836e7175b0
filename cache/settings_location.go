package cache

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// serverLocation is the location that a URL of settings stands for where its backend
// says nothing else: the URL without the query, which holds options.
func serverLocation(u *url.URL) string {
	server := *u
	server.RawQuery, server.ForceQuery = "", false
	text := server.String()
	if u.Host == "" && u.User == nil && !strings.Contains(text, "://") {
		// A URL whose hosts are in an option has none, and is a URL all the same.
		text = strings.Replace(text, ":", "://", 1)
	}
	return text
}

// located returns cfg with the location that the backend reads from its URL, if the
// location is a URL of the backend's own scheme, without a query, and the backend has
// [driver.Backend.URLLocation]. ParseURL and NewHandler both call it: a package
// variable may be parsed before the package of its backend is initialized, and a
// handler may have a registry of its own.
func (cfg Config) located(registry *driver.Registry) (Config, error) {
	backend, err := cfg.backend(registry)
	if err != nil || backend.URLLocation == nil {
		return cfg, nil // an unknown backend is reported by Check
	}
	u, err := url.Parse(cfg.Location)
	if err != nil || !strings.HasPrefix(cfg.Location, cfg.Backend+"://") || u.RawQuery != "" || u.Fragment != "" {
		return cfg, nil // Validate sees what was given
	}
	if u.User != nil {
		return cfg, fmt.Errorf("%s URL: there must be no user: there is no server to sign in to", cfg.Backend)
	}
	location, err := backend.URLLocation(u)
	if err != nil {
		return cfg, fmt.Errorf("%s URL: %w", cfg.Backend, err)
	}
	cfg.Location = location
	return cfg, nil
}
