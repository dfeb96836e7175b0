package driver

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Backend opens stores of one kind from settings. Open and Validate are required.
type Backend struct {
	// Open returns a store for cfg, which Validate would accept. It may dial,
	// read or create what it needs, within ctx. A store opened for an alias is
	// shared by all requests of the program.
	Open func(ctx context.Context, cfg Config) (Store, error)

	// Validate reports everything that is wrong with cfg, without touching
	// network or disk.
	Validate func(cfg Config) error

	// OneStorePerLocation says that two stores opened for the same location
	// would not see each other's entries, as with memory, so that all aliases
	// with one location must share a store and have equal options.
	OneStorePerLocation bool

	// URLLocation is for backends without a server: it returns the location that a
	// URL of the backend stands for, such as the path of file:///var/cache/app, in
	// the form that Open takes. u has neither user nor query nor fragment. An error
	// says what is wrong with the URL and what would be right. Where URLLocation is
	// nil, the location is the URL without its query.
	URLLocation func(u *url.URL) (string, error)
}

// Config is what a backend is told about the store that it opens.
type Config struct {
	// Alias is the name of the first alias that uses the store, for messages.
	Alias string

	// Location says where the data are: a directory, an address, a URL, or
	// the name of a memory store. Empty is the backend's default.
	Location string

	// Options are the backend's own options by name. Values are of Go types
	// when they come from Go or JSON and strings when they come from a URL;
	// [ReadOptions] reads either. A backend refuses options it does not know.
	Options map[string]any

	// Logger is for what happens outside of any operation, such as work in the
	// background. A cache.Handler passes its own. It is nil during Validate. If it
	// is nil, a store uses slog.Default().
	Logger *slog.Logger
}

// Registry maps names of backends to backends. The zero value is empty and
// ready. It is safe for concurrent use.
type Registry struct {
	mu       sync.RWMutex
	backends map[string]Backend
}

// Register makes a backend available under name, which is what settings call
// it and the scheme of its URLs: lower-case letters, digits, '+', '-' and '.'.
// It panics if the name is malformed or taken, or a function of b is nil:
// those are mistakes in the program.
func (r *Registry) Register(name string, b Backend) {
	if !validName(name) {
		panic(fmt.Sprintf("larder: Register: %q is not a backend name: use lower-case letters, digits, '+', '-' and '.', beginning with a letter", name))
	}
	if b.Open == nil || b.Validate == nil {
		panic(fmt.Sprintf("larder: Register: backend %q needs both Open and Validate", name))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.backends[name]; taken {
		panic(fmt.Sprintf("larder: Register: backend %q is registered twice", name))
	}
	if r.backends == nil {
		r.backends = make(map[string]Backend)
	}
	r.backends[name] = b
}

// Lookup returns the backend registered under name.
func (r *Registry) Lookup(name string) (Backend, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	b, ok := r.backends[name]
	return b, ok
}

// Names returns the registered names in order.
func (r *Registry) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.backends))
}

// DefaultRegistry is the registry of the program, filled by the init functions
// of backend packages and by cache.Register.
var DefaultRegistry = new(Registry)

// Register adds b to the [DefaultRegistry]. A backend package calls it from
// its init function.
func Register(name string, b Backend) { DefaultRegistry.Register(name, b) }

// validName reports whether name has the form of a URL scheme in lower case
// (RFC 3986, section 3.1).
func validName(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}
