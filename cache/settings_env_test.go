package cache_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/cache"
)

// Settings are read from the environment.
func TestSettingsComeFromTheEnvironment(t *testing.T) {
	got, err := cache.SettingsFromEnv([]string{
		"PATH=/bin",
		"LARDER_CACHE_DEFAULT=redis://u:p@a:1/0?prefix=shop&pool_size=5",
		"LARDER_CACHE_SESSIONS=memcached://a:1,b:2,[::1]:3?timeout=never&on_error=miss&breaker_failures=3&breaker_cooldown=1m",
	})
	want := cache.Settings{
		"default":  {Backend: "redis", Location: "redis://u:p@a:1/0", KeyPrefix: "shop", Options: map[string]any{"pool_size": "5"}},
		"sessions": {Backend: "memcached", Location: "memcached://a:1,b:2,[::1]:3", Timeout: cache.Never, OnError: cache.MissOnError, BreakerFailures: 3, BreakerCooldown: 60e9},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b cache.Timeout) bool { return a == b })); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := cache.SettingsFromEnv(nil); len(got) != 0 || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}

// Errors about the environment name the variable and not its value.
func TestErrorsAboutTheEnvironmentNameTheVariableAndNotItsValue(t *testing.T) {
	_, err := cache.SettingsFromEnv([]string{
		"LARDER_CACHE_=memory://",
		"LARDER_CACHE_A=redis://user:secret#x@host",
		"LARDER_CACHE_B=redis://user:secret@a:1,b:x",
		"LARDER_CACHE_C=memory://?on_error=panic",
		"LARDER_CACHE_D=memory://?breaker_cooldown=-1s",
		"LARDER_CACHE_E=redis://a,,b",
	})
	if !errors.Is(err, cache.ErrInvalidSettings) {
		t.Fatalf("%v, want ErrInvalidSettings", err)
	}
	for _, want := range []string{
		"LARDER_CACHE_: an alias must follow", "LARDER_CACHE_A: malformed URL", "LARDER_CACHE_B: malformed URL: each host in the list",
		`LARDER_CACHE_C: memory URL: on_error`, `LARDER_CACHE_D: memory URL: breaker_cooldown`, "LARDER_CACHE_E: malformed URL: each host",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is in:\n%v", err)
	}
}

// Two variables for one alias are an error that names both.
func TestTwoVariablesForOneAliasAreAnErrorThatNamesBoth(t *testing.T) {
	_, err := cache.SettingsFromEnv([]string{"LARDER_CACHE_DEFAULT=memory://", "LARDER_CACHE_default=redis://user:secret@host"})
	want := `environment variables LARDER_CACHE_DEFAULT and LARDER_CACHE_default are both alias "default": remove one`
	if !errors.Is(err, cache.ErrInvalidSettings) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v, want %s", err, want)
	}
}
