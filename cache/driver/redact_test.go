package driver_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

// Locations are shown without user, password and query.
func TestLocationsAreShownWithoutUserPasswordAndQuery(t *testing.T) {
	for location, want := range map[string]string{
		"":                                  "",
		"/var/cache/shop":                   "/var/cache/shop",
		"name":                              "name",
		"redis://host:6379/0":               "redis://host:6379/0",
		"redis://a:1,b:2,[::1]:3/0":         "redis://a:1,b:2,[::1]:3/0",
		"redis://user:secret@host:6379/0":   "redis://***@host:6379/0",
		"redis://secret@host":               "redis://***@host",
		"redis://u:sec@ret@host":            "redis://***@host",
		"redis://u:secret/x@host":           "redis://***@host",
		"user:secret@host:6379":             "***@host:6379",
		"postgres://host/d?password=secret": "postgres://host/d",
		"postgres://host/d#secret":          "postgres://host/d",
		"redis://u:x?secret@host":           "redis://***",
		"redis://u:x#secret@host":           "redis://***",
		"redis://host/d?password=x@secret":  "redis://***",
		"redis://u:secret":                  "redis://***",
		"redis://a:1,b:secret":              "redis://***",
		"host=h password=secret":            "***",
		"redis://u:secret\n@host x":         "redis://***",
	} {
		if got := driver.RedactLocation(location); got != want {
			t.Errorf("%q is shown as %q, want %q", location, got, want)
		}
	}
}

// Whatever user and password are, a location is shown as host and path only. To look for the
// password in it would not do: "@host" is one, too.
func FuzzNoRedactedLocationHasAPassword(f *testing.F) {
	f.Add("user", "secret", "host:6379", "0")
	f.Add("", "p@ss/w?rd#", "a,b", "x=y")
	f.Add("", "@000", "000", "0")
	f.Fuzz(func(t *testing.T, user, password, host, path string) {
		server := host + "/" + path
		if strings.ContainsAny(server, "@?#") {
			return
		}
		for _, word := range []string{password, url.PathEscape(password)} {
			got := driver.RedactLocation("redis://" + user + ":" + word + "@" + server)
			if got != "redis://***" && got != "redis://***@"+server {
				t.Errorf("%q and %q are shown as %q", user, word, got)
			}
		}
	})
}

// A Config is printed and logged without its secrets.
func TestAConfigIsShownWithoutItsSecrets(t *testing.T) {
	cfg := driver.Config{Alias: "a", Location: "redis://u:secret@host/0", Options: map[string]any{"password": "secret", "db": 1}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cfg", cfg)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg)
	text := fmt.Sprintf("%v %+v %#v %s %q %v", cfg, cfg, cfg, cfg, cfg, &cfg) + log.String()
	if strings.Contains(text, "secret") || strings.Count(text, "redis://***@host/0, options db, password") != 8 {
		t.Error(text)
	}
	if got := (driver.Config{}).String(); got != "no location" {
		t.Error(got)
	}
}

// An option that is read as a secret is never shown.
func TestASecretIsNeverShown(t *testing.T) {
	r := read(map[string]any{"password": "secret", "list": []string{"secret"}})
	if got := r.Secret("password", ""); got != "secret" {
		t.Errorf("Secret is %q", got)
	}
	if r.Secret("list", "default") != "default" || r.Secret("absent", "default") != "default" {
		t.Error("the default is lost")
	}
	r.Fail("password", "longer")
	want := "option \"list\" must be a string\noption \"password\" must be longer"
	if err := r.Err(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
