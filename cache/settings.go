package cache

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
)

// Settings are the caches of a program by alias. One alias must be "default".
type Settings map[string]Config

// DefaultAlias is the alias that [Default] stands for.
const DefaultAlias = "default"

// Config says what the cache of one alias is. Only Backend is required.
type Config struct {
	// Backend is the registered name of the backend, for example "memory".
	Backend string

	// Location is where the data are, in the form that the backend wants.
	// Aliases with the same backend, location and options share one store.
	Location string

	// Options are those of the backend; it refuses what it does not know.
	Options map[string]any

	// Timeout of entries for which none is given; the default is
	// [DefaultTimeout]. After(0) stores nothing; a negative one is refused.
	Timeout Timeout

	// KeyPrefix begins every key of the alias.
	KeyPrefix string

	// Version of keys for which none is given; 0 means 1. Only the [Version] option
	// selects version 0.
	Version int

	// KeyFunc makes final keys; the default is [DefaultKey].
	KeyFunc KeyFunc

	// Codec turns values into bytes; the default is [codec.CBOR].
	Codec codec.Codec

	// Compression makes stored values smaller; the default is none.
	Compression codec.Compression

	// CompressMin is the length in bytes from which values are compressed; 0
	// stands for [DefaultCompressMin].
	CompressMin int

	// MaxDecompressed is the length in bytes that a compressed value may have;
	// a longer one is ErrTooLarge, and an entry that claims more is corrupt. 0
	// stands for [DefaultMaxDecompressed].
	MaxDecompressed int

	// OnError says how an outage of the backend is handled; the default is
	// [ReturnErrors].
	OnError ErrorPolicy

	// OnWrongType says how a value is handled that is read as another type than it
	// has, ErrWrongType and ErrNilValue, as after a release that changes a type. The
	// default is [ReturnErrors]. With [MissOnError] it is a miss, reported as
	// EventCorrupt, which GetOrSet and Fill replace; two parts of a program that use
	// one key for two types then replace each other's values at every call. Has and
	// Add do not know of types, and take it for an entry. With OnError: MissOnError,
	// GetOrSet and Fill replace it as well, and Get still returns the error.
	OnWrongType ErrorPolicy

	// BreakerFailures is how many outages in a row open the circuit breaker of the
	// alias; 0 means that there is none. While it is open, operations fail at once
	// with ErrUnavailable.
	BreakerFailures int

	// BreakerCooldown is how long the circuit breaker stays open; 0 means
	// [DefaultBreakerCooldown]. Then one operation tries the backend, and the others
	// fail until it has succeeded. If it fails, the breaker stays open for as long again.
	BreakerCooldown time.Duration

	// MaxInFlight is how many bytes the responses under way may hold, together, of
	// all pages over the [Handler], whatever their alias: those that are streamed to
	// waiting clients, or are being stored. A response that would exceed it goes to its
	// client alone and is not stored. Only alias "default" has it; 0 stands for
	// [DefaultMaxInFlight]. It must not be less than MaxBody of a page.
	MaxInFlight int64

	// Opener is the backend itself, instead of a registered name; Backend is
	// then only used in messages.
	Opener *driver.Backend
}

// ErrorPolicy says how an outage of a backend is handled, [Config.OnError]: a
// server that cannot be reached, a time-out, a full disk; or of a value of another
// type, [Config.OnWrongType]. A caller's mistake, such as an invalid key or a value
// that cannot be encoded, is always returned.
type ErrorPolicy uint8

const (
	// ReturnErrors returns the error to the caller.
	ReturnErrors ErrorPolicy = iota

	// MissOnError makes reads miss and drops writes, Delete included: after the
	// outage, what should have been deleted may still be there. Each error is
	// published as an event, and logged at times. Fill and GetOrSet run their
	// loader once for all callers that wait; Incr, Decr and IncrVersion find no key.
	// Clear, and operations with [FailClosed], still return the error.
	MissOnError
)

// String returns what settings call the policy: "return" or "miss".
func (p ErrorPolicy) String() string {
	if p == MissOnError {
		return "miss"
	}
	return "return"
}

// Register makes a backend available to settings under name. It panics if name is
// taken.
func Register(name string, b driver.Backend) { driver.Register(name, b) }

// backend finds the backend that cfg names.
func (cfg Config) backend(registry *driver.Registry) (driver.Backend, error) {
	if cfg.Opener != nil {
		if cfg.Opener.Open == nil || cfg.Opener.Validate == nil {
			return driver.Backend{}, fmt.Errorf("%w: the Opener needs both Open and Validate", ErrInvalidSettings)
		}
		return *cfg.Opener, nil
	}
	if b, ok := registry.Lookup(cfg.Backend); ok {
		return b, nil
	}
	return driver.Backend{}, unknownBackend(cfg.Backend, registry.Names())
}

// ownBackends maps the names of larder's backends to their packages, for the
// hint in the error about a backend whose import is missing. It is a list because
// this package cannot import backends; a test of internal/testbackends compares it
// with what they register.
var ownBackends = map[string]string{
	"memory": "memstore",
	"file":   "filestore",
	"dummy":  "dummystore",

	"redis":          "redisstore",
	"rediss":         "redisstore",
	"redis+sentinel": "redisstore",
	"redis+cluster":  "redisstore",
	"redis+unix":     "redisstore",
	"unix":           "redisstore",
	"memcached":      "memcachestore",
	"postgres":       "pgstore",
	"postgresql":     "pgstore",
}

const modulePath = "github.com/larder-go/larder/"

// packageOf returns the package of one of larder's own backends.
func packageOf(backend string) string { return modulePath + "backends/" + ownBackends[backend] }

func unknownBackend(name string, registered []string) error {
	text := "none is registered"
	if len(registered) > 0 {
		text = "registered are " + strings.Join(registered, ", ")
	}
	if name == "" {
		return fmt.Errorf("%w: no backend is named; %s", ErrUnknownBackend, text)
	}
	if _, ok := ownBackends[name]; ok {
		text += fmt.Sprintf("; is this import missing? _ %q", packageOf(name))
	}
	if own := foreignBackend(name); own != "" {
		text += fmt.Sprintf("; here it is called %q", own)
	}
	if strings.Contains(name, "://") {
		text += "; a URL stands for the whole of a cache's settings, or goes into location"
	}
	return fmt.Errorf("%w %q: %s", ErrUnknownBackend, shownBackend(name), text)
}

// Check reports everything that is wrong with cfg as the settings of alias, as
// [NewHandler] would, without opening anything.
func (cfg Config) Check(alias string) error {
	return errors.Join(cfg.check(newHandler(nil), alias)...)
}

// check validates all settings and returns everything that is wrong.
func (s Settings) check(h *Handler) error {
	var errs []error
	if _, ok := s[DefaultAlias]; !ok {
		errs = append(errs, fmt.Errorf("%w: there is no alias %q, which is what Default stands for", ErrInvalidSettings, DefaultAlias))
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		errs = append(errs, s[name].check(h, name)...)
	}
	errs = append(errs, s.checkTogether(h)...)
	_, wrong := s.maxInFlight()
	errs = append(errs, wrong...)
	return errors.Join(errs...)
}

func (cfg Config) check(h *Handler, name string) (errs []error) {
	cfg, err := cfg.located(h.registry)
	if err != nil {
		return []error{fmt.Errorf("%w: alias %q: %w", ErrInvalidSettings, name, err)}
	}
	backend, err := cfg.backend(h.registry)
	if err != nil {
		errs = append(errs, fmt.Errorf("alias %q: %w", name, err))
	} else if err := backend.Validate(cfg.driverConfig(name)); err != nil {
		errs = append(errs, fmt.Errorf("%w: alias %q, backend %q: %w", ErrInvalidSettings, name, shownBackend(cfg.Backend), err))
	}
	if _, err := newAlias(h, name, cfg); err != nil {
		errs = append(errs, err)
	}
	return errs
}

func (cfg Config) driverConfig(alias string) driver.Config {
	return driver.Config{Alias: alias, Location: cfg.Location, Options: cfg.Options}
}

// checkTogether finds aliases that are right by themselves but get in each
// other's way.
func (s Settings) checkTogether(h *Handler) (errs []error) {
	names := slices.Sorted(maps.Keys(s))
	for i, a := range names {
		for _, b := range names[i+1:] {
			if !s[a].sameLocation(s[b]) {
				continue
			}
			if backend, err := s[a].backend(h.registry); err == nil && backend.OneStorePerLocation && !s[a].sameOptions(s[b]) {
				errs = append(errs, fmt.Errorf("%w: aliases %q and %q have the same location %q but different options: give one of them another location", ErrInvalidSettings, a, b, driver.RedactLocation(s[a].Location)))
			}
			if extends(s[a].KeyPrefix, s[b].KeyPrefix) || extends(s[b].KeyPrefix, s[a].KeyPrefix) {
				errs = append(errs, fmt.Errorf("%w: aliases %q and %q share a location, and their prefixes %q and %q can give the same key: one must not continue the other after a colon", ErrInvalidSettings, a, b, s[a].KeyPrefix, s[b].KeyPrefix))
			}
		}
	}
	return errs
}

// extends reports whether long is short continued after a colon with what can
// be read as a version, so that keys of the one may be keys of the other.
func extends(short, long string) bool {
	return driver.Namespace{Prefix: short}.Contains([]byte(long + ":"))
}

func (cfg Config) sameLocation(other Config) bool {
	return cfg.Backend == other.Backend && cfg.Location == other.Location && cfg.Opener == other.Opener
}

func (cfg Config) sameOptions(other Config) bool {
	return len(cfg.Options) == 0 && len(other.Options) == 0 || reflect.DeepEqual(cfg.Options, other.Options)
}
