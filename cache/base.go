package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/signals"
)

// errKeyFuncHidesPrefix is why Clear is not supported with some key functions.
var errKeyFuncHidesPrefix = fmt.Errorf("%w: the KeyFunc does not keep the prefix at the beginning of keys, so this alias's entries cannot be told from others", ErrUnsupported)

// New returns a cache over a store of one's own, with the settings of cfg, except
// Backend, Location, Options, Opener and MaxInFlight, which are not used. Its alias is
// "store" in errors and events. Programs normally have a [Handler] do this. The caller
// shuts the store down.
func New(store driver.Store, cfg Config, opts ...HandlerOption) (*BaseCache, error) {
	if store == nil {
		return nil, fmt.Errorf("%w: nil store", ErrInvalidSettings)
	}
	h := newHandler(opts)
	a, err := newAlias(h, "store", cfg)
	if err != nil {
		return nil, err
	}
	a.use(newOpened(store, newLoads()), cfg)
	return &BaseCache{alias: a}, nil
}

// The defaults of compression.
const (
	// DefaultCompressMin is the length in bytes from which values are
	// compressed.
	DefaultCompressMin = 1 << 10

	// DefaultMaxDecompressed is the length in bytes over which a compressed
	// entry is refused, so that a small entry cannot claim all memory.
	DefaultMaxDecompressed = 64 << 20
)

// newAlias applies the defaults to cfg and validates everything in it that
// does not concern the backend.
func newAlias(h *Handler, name string, cfg Config) (*alias, error) {
	a := &alias{
		options: options{
			timeout:   cfg.Timeout.or(After(DefaultTimeout)),
			leaseWait: DefaultLeaseWait,
			version:   cmp.Or(cfg.Version, 1),
			codec:     cfg.Codec,
		},
		handler:         h,
		name:            name,
		sender:          name,
		prefix:          cfg.KeyPrefix,
		keyFunc:         cfg.KeyFunc,
		clearable:       cfg.KeyFunc == nil || keepsPrefix(cfg.KeyFunc, cfg.KeyPrefix),
		compression:     cfg.Compression,
		compressMin:     cmp.Or(cfg.CompressMin, DefaultCompressMin),
		maxDecompressed: cmp.Or(cfg.MaxDecompressed, DefaultMaxDecompressed),
		missOnError:     cfg.OnError == MissOnError,
		missOnWrongType: cfg.OnWrongType == MissOnError,
		clock:           h.clock,
		logger:          h.logger,
		events:          h.events,
		async:           h.async,
		closing:         &h.closing,
	}
	if a.missOnError {
		a.flags = flagFailOpen
	}
	a.keyStart = DefaultKey(a.prefix, a.version, "")
	a.tags.init(driver.Namespace{Prefix: a.prefix})
	if a.codec == nil {
		a.codec = codec.CBOR
	}
	if errs := a.wrongSettings(cfg); len(errs) > 0 {
		return nil, fmt.Errorf("%w: alias %q: %w", ErrInvalidSettings, name, errors.Join(errs...))
	}
	return a, nil
}

// wrongSettings returns everything that is wrong in cfg, from which a was made.
func (a *alias) wrongSettings(cfg Config) (errs []error) {
	if a.version < 0 {
		errs = append(errs, fmt.Errorf("version is %d: it must not be negative", a.version))
	} else if int64(a.version) == driver.ReservedVersion {
		errs = append(errs, fmt.Errorf("version is %d, which is reserved for larder's own records: it must be smaller", a.version))
	}
	if a.compressMin < 0 {
		errs = append(errs, fmt.Errorf("compress_min is %d: it must not be negative", a.compressMin))
	}
	if a.maxDecompressed < 0 {
		errs = append(errs, fmt.Errorf("max_decompressed is %d: it must not be negative", a.maxDecompressed))
	}
	if cfg.OnError > MissOnError {
		errs = append(errs, fmt.Errorf("on_error is %d: it must be ReturnErrors or MissOnError", cfg.OnError))
	}
	if cfg.OnWrongType > MissOnError {
		errs = append(errs, fmt.Errorf("on_wrong_type is %d: it must be ReturnErrors or MissOnError", cfg.OnWrongType))
	}
	if cfg.Timeout.isNegative() {
		errs = append(errs, fmt.Errorf("timeout is %v: nothing would be kept: it must be above zero, or never (cache.Never, null in JSON)", cfg.Timeout))
	}
	if cfg.BreakerFailures < 0 {
		errs = append(errs, fmt.Errorf("breaker_failures is %d: it must not be negative", cfg.BreakerFailures))
	}
	if cfg.BreakerCooldown < 0 {
		errs = append(errs, fmt.Errorf("breaker_cooldown is %v: it must not be negative", cfg.BreakerCooldown))
	}
	return errs
}

// Close implements [Cache].
func (c *BaseCache) Close(ctx context.Context) error {
	err := c.pending.wait(ctx)
	if c.session != nil {
		err = errors.Join(err, c.session.close(ctx))
	}
	if c.closed.CompareAndSwap(false, true) {
		c.publish(ctx, EventClose, "Close", "", err)
	}
	if err != nil {
		return c.fail(ctx, "Close", "", err)
	}
	return nil
}

// HandlerOption changes a [Handler], or a cache made by [New].
type HandlerOption func(*handlerOptions)

// handlerOptions are what options say; what is nil has a default.
type handlerOptions struct {
	registry        *driver.Registry
	logger          *slog.Logger
	clock           driver.Clock
	events          *signals.Signal[Event]
	async           *executor
	keyWarningLevel slog.Level
}

// WithRegistry looks backends up in r instead of the program's registry.
func WithRegistry(r *driver.Registry) HandlerOption {
	return func(o *handlerOptions) { o.registry = r }
}

// WithLogger writes warnings to l instead of [slog.Default].
func WithLogger(l *slog.Logger) HandlerOption {
	return func(o *handlerOptions) { o.logger = l }
}

// WithKeyWarningLevel sets the level of the warnings about keys that Memcached would
// refuse. The default is [slog.LevelWarn]; [slog.LevelDebug] keeps them out of most logs.
func WithKeyWarningLevel(level slog.Level) HandlerOption {
	return func(o *handlerOptions) { o.keyWarningLevel = level }
}

// WithClock sets the clock of the caches, for the expiry in the envelope of
// entries. The stores have their own clocks.
func WithClock(clock driver.Clock) HandlerOption {
	return func(o *handlerOptions) { o.clock = clock }
}

// WithAsyncWorkers limits the goroutines that run asynchronous operations of
// all caches together; the default is [DefaultAsyncWorkers]. When all are busy
// an operation runs in the goroutine that starts it. 0 or less runs every operation
// in the goroutine that starts it.
func WithAsyncWorkers(n int) HandlerOption {
	return func(o *handlerOptions) { o.async = newExecutor(n) }
}

// WithEvents publishes events on s instead of a signal of the handler's own.
func WithEvents(s *signals.Signal[Event]) HandlerOption {
	return func(o *handlerOptions) { o.events = s }
}

// systemClock is the default clock.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }
