package cache_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// Settings are printed and logged without their secrets.
func TestSettingsAreShownWithoutTheirSecrets(t *testing.T) {
	cfg := cache.Config{
		Backend: "redis", Location: "redis://u:secret@host:6379/0", KeyPrefix: "shop",
		Options: map[string]any{"password": "secret", "pool_size": 5},
	}
	settings := cache.Settings{"default": cfg, "url": {Backend: "redis://u:secret@host"}}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "cfg", cfg, "settings", settings)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg, "settings", settings)
	text := fmt.Sprintf("%v %+v %#v %s %q %v %v %+v %#v", cfg, cfg, cfg, cfg, cfg, &cfg, settings, settings, settings) + log.String()
	if strings.Contains(text, "secret") {
		t.Error(text)
	}
	if want := "redis at redis://***@host:6379/0, options password, pool_size, prefix shop"; cfg.String() != want {
		t.Errorf("%s, want %s", cfg, want)
	}
}

// Errors about settings show no secrets.
func TestErrorsOfSettingsShowNoSecrets(t *testing.T) {
	backend := driver.Backend{Open: nil, Validate: nil}
	for name, settings := range map[string]cache.Settings{
		"a URL for a backend":          {"default": {Backend: "redis://u:secret@host"}},
		"a URL for that of an Opener":  {"default": {Backend: "redis://u:secret@host", Opener: &backend}},
		"one location, other options":  {"default": {Backend: "memory", Location: "redis://u:secret@h"}, "b": {Backend: "memory", Location: "redis://u:secret@h", Options: map[string]any{"max_entries": 1}}},
		"a location for a cache of no": {"default": {Backend: "dummy", Location: "redis://u:secret@h"}},
		"a URL for a directory":        {"default": {Backend: "file", Location: "redis://u:secret@h"}},
	} {
		_, err := cache.NewHandler(settings)
		if !errors.Is(err, cache.ErrInvalidBackend) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A Config can be checked by itself, for an alias.
func TestAConfigIsCheckedByItself(t *testing.T) {
	if err := (cache.Config{Backend: "memory"}).Check("sessions"); err != nil {
		t.Error(err)
	}
	err := cache.Config{Backend: "memory", Version: -1, Options: map[string]any{"colour": "red"}}.Check("sessions")
	for _, want := range []string{`alias "sessions", backend "memory": unknown option "colour"`, `alias "sessions": version is -1`} {
		if !errors.Is(err, cache.ErrInvalidSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := (cache.Config{Backend: "nosuch"}).Check("sessions"); !errors.Is(err, cache.ErrUnknownBackend) {
		t.Error(err)
	}
}
