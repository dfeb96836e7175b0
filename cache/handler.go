package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/membudget"
	"github.com/larder-go/larder/signals"
)

// Handler holds the named caches of a program. It opens nothing until a cache
// is first used.
type Handler struct {
	handlerOptions
	inFlight *membudget.Budget

	settings Settings
	aliases  map[string]*BaseCache // outside of any request
	sources  []*sharedStore
	closing  atomic.Bool
	implied  *implied // nil if the program has made the handler
}

// NewHandler returns the caches of settings, or everything that is wrong with
// them: see [Handler.Check]. Settings and Options are copied, the values in Options
// are not. Errors match ErrInvalidBackend.
func NewHandler(settings Settings, opts ...HandlerOption) (*Handler, error) {
	h := newHandler(opts)
	h.settings = make(Settings, len(settings))
	for name, cfg := range settings {
		cfg.Options = maps.Clone(cfg.Options)
		h.settings[name], _ = cfg.located(h.registry) // Check returns the error
	}
	if err := h.Check(); err != nil {
		return nil, err
	}
	limit, _ := h.settings.maxInFlight() // Check has found no errors
	h.inFlight = membudget.NewBudget(limit)
	for _, name := range h.Aliases() {
		a, err := newAlias(h, name, h.settings[name])
		if err != nil {
			return nil, err
		}
		a.use(h.sourceFor(name), h.settings[name])
		h.aliases[name] = &BaseCache{alias: a}
	}
	return h, nil
}

func newHandler(opts []HandlerOption) *Handler {
	h := &Handler{
		handlerOptions: handlerOptions{
			registry:        driver.DefaultRegistry,
			clock:           systemClock{},
			keyWarningLevel: slog.LevelWarn,
		},
		aliases:  make(map[string]*BaseCache),
		inFlight: membudget.NewBudget(DefaultMaxInFlight),
	}
	for _, opt := range opts {
		opt(&h.handlerOptions)
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	if h.events == nil {
		h.events = new(signals.Signal[Event])
	}
	if h.async == nil {
		h.async = newExecutor(DefaultAsyncWorkers)
	}
	return h
}

// Check reports everything that is wrong with the settings, without opening
// anything: unknown backends and options, values out of range, a missing
// "default", aliases that get in each other's way.
func (h *Handler) Check() error { return h.settings.check(h) }

// Aliases returns the names of the caches in order.
func (h *Handler) Aliases() []string { return slices.Sorted(maps.Keys(h.settings)) }

// Events is the signal on which the caches publish what they do. The sender is
// the alias, a string.
func (h *Handler) Events() *signals.Signal[Event] { return h.events }

// Cache returns the cache of an alias for use outside of a request; within
// one, see [From]. Its store is opened at the first operation. An alias that
// is not in the settings is ErrUnknownAlias.
func (h *Handler) Cache(alias string) (*BaseCache, error) {
	if c, ok := h.aliases[alias]; ok {
		if h.implied != nil {
			h.implied.note()
		}
		return c, nil
	}
	return nil, h.unknownAlias(alias)
}

func (h *Handler) unknownAlias(alias string) error {
	if h.implied != nil {
		return fmt.Errorf("%w %q: the implied default has %s only: call cache.SetDefault with the settings of the others", ErrUnknownAlias, alias, DefaultAlias)
	}
	return fmt.Errorf("%w %q: the settings have %s", ErrUnknownAlias, alias, strings.Join(h.Aliases(), ", "))
}

// Proxy returns a Cache that stands for an alias of h in whichever request it
// is used.
func (h *Handler) Proxy(alias string) *Proxy { return &Proxy{alias: alias, handler: h} }

// Open opens every store now, instead of at the first operation, so that a
// program can fail at its start. Opening a Memcached store makes no connection, so
// Open asks the servers, and one of several that answers is enough. It returns all
// errors; a store that could not be opened is tried again at the next operation.
func (h *Handler) Open(ctx context.Context) error {
	var errs []error
	for _, source := range h.sources {
		if err := source.probe(ctx); err != nil {
			errs = append(errs, &Error{Op: "Open", Alias: source.alias, Err: err})
		}
	}
	return errors.Join(errs...)
}

// Shutdown refuses new operations with ErrClosed, waits for those under way,
// loads and asynchronous ones included, and shuts every store down that was
// opened. When ctx ends it waits no longer and shuts the stores down. It is
// idempotent.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.closing.Store(true)
	errs := []error{h.async.shutdown(ctx)}
	for _, source := range h.sources {
		errs = append(errs, source.shutdown(ctx))
	}
	return errors.Join(errs...)
}

// sourceFor returns the store that an alias uses: that of an earlier alias
// with the same backend, location and options, or one of its own.
func (h *Handler) sourceFor(alias string) *sharedStore {
	cfg := h.settings[alias]
	for _, source := range h.sources {
		if source.cfg.sameLocation(cfg) && source.cfg.sameOptions(cfg) {
			return source
		}
	}
	source := &sharedStore{
		alias:    alias,
		cfg:      cfg,
		registry: h.registry,
		logger:   h.logger,
		flights:  newLoads(),
		opening:  make(chan struct{}, 1),
	}
	h.sources = append(h.sources, source)
	return source
}

// sharedStore is a store that is opened at the first use.
type sharedStore struct {
	alias    string
	cfg      Config
	registry *driver.Registry
	logger   *slog.Logger
	flights  *loads

	ready   atomic.Pointer[opened]
	opening chan struct{} // a lock that can be waited for with a context
	closed  bool          // guarded by opening
}

// open returns the store. Of concurrent callers one opens it, with its own
// context; if it fails, the next one tries again.
func (s *sharedStore) open(ctx context.Context) (*opened, error) {
	if st := s.ready.Load(); st != nil {
		return st, nil
	}
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	if st := s.ready.Load(); st != nil {
		return st, nil
	}
	if s.closed {
		return nil, ErrClosed
	}
	backend, err := s.cfg.backend(s.registry)
	if err != nil {
		return nil, err
	}
	cfg := s.cfg.driverConfig(s.alias)
	cfg.Logger = s.logger
	store, err := backend.Open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: backend %q: %w", ErrOpenFailed, s.cfg.Backend, err)
	}
	st := newOpened(store, s.flights)
	s.ready.Store(st)
	return st, nil
}

// probe opens the store, and asks its servers if that has not.
func (s *sharedStore) probe(ctx context.Context) error {
	st, err := s.open(ctx)
	if err != nil {
		return err
	}
	if prober, ok := st.store.(driver.Prober); ok {
		if err := prober.Probe(ctx); err != nil {
			return fmt.Errorf("%w: backend %q: %w", ErrOpenFailed, s.cfg.Backend, err)
		}
	}
	return nil
}

func (s *sharedStore) flightGroup() *loads { return s.flights }

// shutdown ends the store, or sees to it that it is never opened.
func (s *sharedStore) shutdown(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	s.closed = true
	st := s.ready.Load()
	if st == nil {
		return nil
	}
	if err := st.store.Shutdown(ctx); err != nil {
		return &Error{Op: "Shutdown", Alias: s.alias, Err: err}
	}
	return nil
}

// lock waits no longer than ctx allows. A lock that is free is had even if ctx
// has ended, so that a hurried Shutdown reaches the store.
func (s *sharedStore) lock(ctx context.Context) error {
	select {
	case s.opening <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.opening <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sharedStore) unlock() { <-s.opening }

// The default handler of the program, set or implied.
var defaultHandler atomic.Pointer[Handler]

// SetDefault makes h the handler that [Default] and [From] use where the context has
// no scope. A nil h removes it; the next use then makes the implied one. The replaced
// handler is not shut down.
//
// While none is set, a program that imports the memory backend has an implied one, with
// one cache, alias "default", in at most 64 MiB of memory. Call SetDefault before the
// first use: it replaces an implied handler that has been used, whose entries are then
// lost, and logs a warning that names the first use.
func SetDefault(h *Handler) {
	old := defaultHandler.Swap(h)
	if old != nil && old.implied != nil && h != nil && h != old {
		old.implied.warnReplaced(h)
	}
}

// DefaultHandler returns the handler given to [SetDefault], or the implied one while
// none is set. It is nil if none is set and the memory backend is not imported.
func DefaultHandler() *Handler {
	if h := defaultHandler.Load(); h != nil {
		return h
	}
	h, _ := implyDefault()
	return h
}
