package cache_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// NewHandler reports all problems of the settings in one error.
func TestNewHandlerReportsAllProblemsAtOnce(t *testing.T) {
	b := &fakeBackend{validate: func(cfg driver.Config) error { return driver.ReadOptions(cfg).Err() }}
	_, err := cache.NewHandler(cache.Settings{
		"options":  {Backend: "fake", Location: "1", Options: map[string]any{"max": 1}, Version: -1},
		"backend":  {Backend: "fkae", Location: "2", CompressMin: -1},
		"numbers":  {Backend: "fake", Location: "3", Version: -2, CompressMin: -3, MaxDecompressed: -4},
		"halves":   {Opener: &driver.Backend{Open: b.open}, Location: "4"},
		"nameless": {Location: "5"},
	}, cache.WithRegistry(b.registry("fake")))
	for _, want := range []string{
		`invalid settings: there is no alias "default", which is what Default stands for`,
		`invalid settings: alias "options", backend "fake": unknown option "max": the options are `,
		`invalid settings: alias "options": version is -1: it must not be negative`,
		`alias "backend": invalid cache backend: unknown backend "fkae": registered are fake`,
		`invalid settings: alias "backend": compress_min is -1: it must not be negative`,
		`invalid settings: alias "numbers": version is -2: it must not be negative`,
		`compress_min is -3: it must not be negative`,
		`max_decompressed is -4: it must not be negative`,
		`alias "halves": invalid cache backend: invalid settings: the Opener needs both Open and Validate`,
		`alias "nameless": invalid cache backend: unknown backend: no backend is named; registered are fake`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	for _, target := range []error{cache.ErrInvalidSettings, cache.ErrUnknownBackend, cache.ErrInvalidBackend} {
		if !errors.Is(err, target) {
			t.Errorf("it does not match %v", target)
		}
	}
	if errors.Is(err, cache.ErrUnknownAlias) || errors.Is(err, cache.ErrOpenFailed) {
		t.Error("it matches what did not happen")
	}
	if b.opened() != 0 {
		t.Error("checking opened a store")
	}
}

// Each kind of configuration error matches ErrInvalidBackend and its own sentinel only.
func TestEachErrorOfConfigurationIsDistinguishable(t *testing.T) {
	kinds := []error{cache.ErrUnknownAlias, cache.ErrUnknownBackend, cache.ErrInvalidSettings, cache.ErrOpenFailed}
	for i, a := range kinds {
		if !errors.Is(a, cache.ErrInvalidBackend) {
			t.Errorf("%v does not match ErrInvalidBackend", a)
		}
		for j, b := range kinds {
			if i != j && errors.Is(a, b) {
				t.Errorf("%v matches %v", a, b)
			}
		}
	}
}

// The error about an unknown alias names it and the aliases that there are.
func TestAnUnknownAliasNamesItAndThoseThereAre(t *testing.T) {
	h := newHandler(t, cache.Settings{
		"default":  {Opener: openerOf(newMapStore())},
		"sessions": {Opener: openerOf(newMapStore())},
	})
	_, fromHandler := h.Cache("session")
	_, fromScope := h.Scope(t.Context()).Cache("session")
	for _, err := range []error{fromHandler, fromScope} {
		want := `invalid cache backend: unknown alias "session": the settings have default, sessions`
		if !errors.Is(err, cache.ErrUnknownAlias) || !errors.Is(err, cache.ErrInvalidBackend) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The error about an unknown backend names the import that is missing.
func TestAnUnknownBackendNamesTheMissingImport(t *testing.T) {
	tests := []struct{ backend, want string }{
		{"memory", `unknown backend "memory": none is registered; is this import missing? _ "github.com/larder-go/larder/backends/memstore"`},
		{"file", `unknown backend "file": none is registered; is this import missing? _ "github.com/larder-go/larder/backends/filestore"`},
		{"dummy", `unknown backend "dummy": none is registered; is this import missing? _ "github.com/larder-go/larder/backends/dummystore"`},
		{"rocks", `unknown backend "rocks": none is registered`},
	}
	for _, test := range tests {
		_, err := cache.NewHandler(cache.Settings{"default": {Backend: test.backend}}, cache.WithRegistry(new(driver.Registry)))
		want := `alias "default": invalid cache backend: ` + test.want
		if !errors.Is(err, cache.ErrUnknownBackend) || err.Error() != want {
			t.Errorf("the error is\n%v\nwant\n%s", err, want)
		}
	}
}

// Two aliases with one memory location and different options are refused.
func TestOneMemoryLocationWithDifferentOptionsIsRefused(t *testing.T) {
	b := &fakeBackend{oneStorePerLocation: true}
	settings := cache.Settings{
		"default": {Backend: "fake", Location: "main", Options: map[string]any{"max_entries": 1}},
		"pages":   {Backend: "fake", Location: "main"},
	}
	_, err := cache.NewHandler(settings, cache.WithRegistry(b.registry("fake")))
	wantMessage(t, err, `aliases "default" and "pages" have the same location "main" but different options: give one of them another location`)

	settings["pages"] = cache.Config{Backend: "fake", Location: "pages"}
	newHandler(t, settings, cache.WithRegistry(b.registry("fake")))
}

// Two aliases on one server whose prefixes can give the same key are refused.
func TestPrefixesThatCanGiveTheSameKeyAreRefused(t *testing.T) {
	tests := []struct {
		a, b    string
		refused bool
	}{
		{"shop", "shop", false}, // the same namespace, on purpose
		{"shop", "shop:eu", false},
		{"shop", "shop:eu:1", false},
		{"shop", "shopping", false},
		{"shop", "shop1", false},
		{"shop", "shop:", false},
		{"shop", "shop:v1", false},
		{"shop", "shop:-1", false},
		{"", "shop", false},
		{"", "1", false},
		{"shop", "shop:1", true},
		{"shop", "shop:12:x", true},
		{"shop:1", "shop", true},
		{"", ":1", true},
		{"a:1", "a:1:2", true},
	}
	b := new(fakeBackend)
	registry := b.registry("fake")
	for _, test := range tests {
		settings := cache.Settings{
			"default": {Backend: "fake", KeyPrefix: test.a},
			"other":   {Backend: "fake", KeyPrefix: test.b},
		}
		_, err := cache.NewHandler(settings, cache.WithRegistry(registry))
		if !test.refused {
			if err != nil {
				t.Errorf("%q and %q: %v", test.a, test.b, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%q and %q are accepted", test.a, test.b)
			continue
		}
		if !strings.Contains(err.Error(), `aliases "default" and "other" share a location, and their prefixes`) {
			t.Errorf("%q and %q: %v", test.a, test.b, err)
		}
		settings["other"] = cache.Config{Backend: "fake", KeyPrefix: test.b, Location: "elsewhere"}
		if _, err := cache.NewHandler(settings, cache.WithRegistry(registry)); err != nil {
			t.Errorf("%q and %q at different locations: %v", test.a, test.b, err)
		}
	}
}

// Prefixes that are refused do give the same key.
func TestThePrefixesThatAreRefusedDoCollide(t *testing.T) {
	if cache.DefaultKey("shop", 1, "2:k") != cache.DefaultKey("shop:1", 2, "k") {
		t.Error("no collision: the check would be without reason")
	}
}

// A Handler has a copy of its settings.
func TestTheHandlersSettingsAreACopy(t *testing.T) {
	b := new(fakeBackend)
	options := map[string]any{"a": 1}
	settings := cache.Settings{"default": {Opener: b.opener(), Options: options}}
	h := newHandler(t, settings)
	options["a"] = 2
	settings["late"] = cache.Config{}
	delete(settings, "default")

	if err := mustCache(t, h, "default").Set(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if got := b.configs[0].Options["a"]; got != 1 {
		t.Errorf("Open got the option as %v", got)
	}
	if got := h.Aliases(); len(got) != 1 || got[0] != "default" || h.Check() != nil {
		t.Errorf("aliases %v, check %v", got, h.Check())
	}
}

// New refuses a nil store and invalid settings.
func TestNewRefusesWhatCannotBeACache(t *testing.T) {
	if _, err := cache.New(nil, cache.Config{}); !errors.Is(err, cache.ErrInvalidSettings) {
		t.Errorf("nil store: %v", err)
	}
	_, err := cache.New(newMapStore(), cache.Config{Version: -1})
	wantMessage(t, err, `alias "store": version is -1: it must not be negative`)
	_, err = cache.New(newMapStore(), cache.Config{Version: math.MaxInt64})
	wantMessage(t, err, `alias "store": version is 9223372036854775807, which is reserved for larder's own records: it must be smaller`)
}
