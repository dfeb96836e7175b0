package cache

import (
	"errors"
	"fmt"
	"strings"
)

// EnvPrefix begins the environment variables that [SettingsFromEnv] reads.
const EnvPrefix = "LARDER_CACHE_"

// SettingsFromEnv reads settings from environment variables, given in the form
// of os.Environ: each variable that begins with [EnvPrefix] is a cache, its
// alias the rest of the name in lower case, and its value a URL as [ParseURL]
// takes it:
//
//	LARDER_CACHE_DEFAULT=redis://cache.internal:6379/0?prefix=shop
//	LARDER_CACHE_SESSIONS=memory://?timeout=never
//
// Two variables for one alias, as LARDER_CACHE_DEFAULT and LARDER_CACHE_default are, are
// an error. Errors name the variable and never its value. Without such a variable the
// settings are empty.
func SettingsFromEnv(environ []string) (Settings, error) {
	settings := make(Settings)
	variables := make(map[string]string) // by alias
	var errs []error
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		alias, ok := strings.CutPrefix(name, EnvPrefix)
		if !ok {
			continue
		}
		cfg, err := parseURL(value)
		lower := strings.ToLower(alias)
		other, taken := variables[lower]
		variables[lower] = name
		switch {
		case taken:
			errs = append(errs, fmt.Errorf("%w: environment variables %s and %s are both alias %q: remove one", ErrInvalidSettings, other, name, lower))
		case alias == "":
			errs = append(errs, fmt.Errorf("%w: environment variable %s: an alias must follow, for example %sDEFAULT", ErrInvalidSettings, name, EnvPrefix))
		case err != nil:
			errs = append(errs, fmt.Errorf("%w: environment variable %s: %w", ErrInvalidSettings, name, err))
		default:
			settings[lower] = cfg
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return settings, nil
}
