package cache_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// placed is a backend that records the location of the store that it opens.
func placed(location *string, urlLocation func(*url.URL) (string, error)) driver.Backend {
	return driver.Backend{
		Open: func(_ context.Context, cfg driver.Config) (driver.Store, error) {
			*location = cfg.Location
			return newMapStore(), nil
		},
		Validate:    func(driver.Config) error { return nil },
		URLLocation: urlLocation,
	}
}

func pathOf(u *url.URL) (string, error) {
	if u.Host != "" {
		return "", errors.New("there must be no host")
	}
	return u.Path, nil
}

// openedAt returns the location that a backend with this URLLocation is given for cfg.
func openedAt(t *testing.T, cfg cache.Config, urlLocation func(*url.URL) (string, error)) (location string, err error) {
	t.Helper()
	registry := new(driver.Registry)
	registry.Register("placed", placed(&location, urlLocation))
	h, err := cache.NewHandler(cache.Settings{"default": cfg}, cache.WithRegistry(registry))
	if err != nil {
		return "", err
	}
	defer h.Shutdown(t.Context())
	err = h.Open(t.Context())
	return location, err
}

func parsed(t *testing.T, raw string) cache.Config {
	t.Helper()
	cfg, err := cache.ParseURL(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// A backend reads its location from the URL itself.
func TestABackendReadsItsLocationFromAURL(t *testing.T) {
	for _, test := range []struct {
		name, url, want string
		urlLocation     func(*url.URL) (string, error)
	}{
		{"embedded", "placed:///var/my%20cache?timeout=5m&option=1", "/var/my cache", pathOf},
		{"on a server", "placed://user:word@host:1/0?timeout=5m", "placed://user:word@host:1/0", nil},
		{"on servers", "placed://a:1,b:2?timeout=5m", "placed://a:1,b:2", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := openedAt(t, parsed(t, test.url), test.urlLocation); got != test.want || err != nil {
				t.Errorf("the backend is given %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// ParseURL asks a registered backend for the location.
func TestABackendThatIsRegisteredIsAskedByParseURL(t *testing.T) {
	var location string
	driver.Register("placed-early", placed(&location, pathOf))
	if cfg := parsed(t, "placed-early:///var/cache"); cfg.Location != "/var/cache" {
		t.Errorf("location %q", cfg.Location)
	}
	_, err := cache.ParseURL("placed-early://host/var/cache")
	if want := invalidSettings + "placed-early URL: there must be no host"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// A location that the backend refuses is ErrInvalidSettings, without its password.
func TestALocationThatABackendRefusesIsInvalidSettings(t *testing.T) {
	for url, want := range map[string]string{
		"placed://host/var/cache":       `alias "default": placed URL: there must be no host`,
		"placed://user:secret@/var/cch": `alias "default": placed URL: there must be no user: there is no server to sign in to`,
	} {
		_, err := openedAt(t, parsed(t, url), pathOf)
		if want = invalidSettings + want; err == nil || err.Error() != want || !errors.Is(err, cache.ErrInvalidSettings) {
			t.Errorf("%s: error %v, want %s", url, err, want)
		}
	}
}

// A location that is set after ParseURL is kept.
func TestALocationThatIsSetAfterParseURLIsKept(t *testing.T) {
	cfg := parsed(t, "placed:///var/cache")
	cfg.Location = "/elsewhere"
	if got, err := openedAt(t, cfg, pathOf); got != "/elsewhere" || err != nil {
		t.Errorf("the backend is given %q, %v, want what the program has set", got, err)
	}
}
