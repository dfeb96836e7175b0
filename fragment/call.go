package fragment

import (
	"bytes"
	"context"
	"errors"
	"html/template"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
)

// entry is a fragment in a cache. It never changes.
type entry struct {
	Key     []byte // canonical, to be compared
	Version string // of the templates that it was made by
	HTML    string
}

// CacheSize is what a memory store that is bounded by bytes counts.
func (e *entry) CacheSize() int {
	const overhead = 64 // the struct itself
	return overhead + len(e.Key) + len(e.Version) + len(e.HTML)
}

// entries is the view of fragments over whichever cache. One that fails counts
// as one that has nothing.
var entries = cache.For[*entry](nil, cache.Native, cache.FailOpen)

// call is one use of a fragment, and the loader for all who wait for it.
type call struct {
	set     *Set
	name    string
	data    any
	key     []byte
	version string
	found   *entry
}

var _ fill.ReuseChecker = (*call)(nil)

// fill returns the fragment from c, or renders it.
func (c *call) fill(ctx context.Context, from cache.Cache, timeout cache.Timeout) (template.HTML, error) {
	_, err := entries.Over(from).Fill(ctx, hashed(c.key), &c.found, c, timeout)
	var failure *renderError
	switch {
	case err == nil && c.MayReuse():
		return template.HTML(c.found.HTML), nil
	case err == nil, errors.Is(err, cache.ErrNotShared):
		// Another's, by other templates; or too large to be shared.
		html, err := c.set.render(ctx, c.name, c.data)
		return template.HTML(html), err
	case errors.As(err, &failure):
		return "", failure.error
	}
	return "", err
}

// MayReuse implements [fill.ReuseChecker]: an entry of other templates is of no use.
func (c *call) MayReuse() bool {
	return c.found != nil && c.found.Version == c.version && bytes.Equal(c.found.Key, c.key)
}

// Load implements [cache.Loader].
func (c *call) Load(ctx context.Context) (cache.Loaded, error) {
	html, err := c.set.render(ctx, c.name, c.data)
	if err != nil {
		return cache.Loaded{}, &renderError{err}
	}
	return cache.Loaded{Value: &entry{Key: c.key, Version: c.version, HTML: html}}, nil
}

// renderError is an error of the templates, which say themselves where it is:
// what the cache would add to it does not help.
type renderError struct{ error }

func (e *renderError) Unwrap() error { return e.error }
