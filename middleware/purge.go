package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/uri"
)

// errPurgeURL is the error for a URL that is not that of a page.
var errPurgeURL = errors.New("larder: not the URL of a page")

// purgeURL carries out an order about a URL as people write it.
func purgeURL(ctx context.Context, p *policy, text string, o purgeOrder, count counting) (_ purgeResult, err error) {
	if o.target, err = parseTarget(p, text); err != nil {
		return purgeResult{}, err
	}
	return carryOut(ctx, p, o, count)
}

// purgePath is purgeURL for a path, with a query or without, of the origin of a request.
func purgePath(p *policy, r *http.Request, path string, o purgeOrder) (purgeResult, error) {
	scheme, host := p.originOf(r, p.trustsPeer(r))
	switch {
	case host == "":
		return purgeResult{}, fmt.Errorf("%w: the request has no host; use PurgeURL", errPurgeURL)
	case !strings.HasPrefix(path, "/"):
		return purgeResult{}, fmt.Errorf("%w: %q has to begin with a slash; for a whole URL there is PurgeURL", errPurgeURL, path)
	}
	u, err := uri.Parse("http://host" + path)
	if err != nil {
		return purgeResult{}, fmt.Errorf("%w: %w", errPurgeURL, err)
	}
	o.target = p.newTarget(scheme, host, u.Path, u.Query)
	return carryOut(r.Context(), p, o, counted)
}

// parseTarget returns the target of requests for a URL as people write it.
func parseTarget(p *policy, text string) (target, error) {
	u, err := uri.Parse(text)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", errPurgeURL, err)
	}
	return p.newTarget(u.Scheme, u.Host, u.Path, u.Query), nil
}

// counting says whether a purge looks for what is there, which takes a look-up.
type counting bool

const (
	counted   counting = true
	uncounted counting = false
)

// purgeResult says what a purge did: it is a [PurgeResult].
type purgeResult struct {
	URL     string
	Prefix  bool
	Soft    bool
	Keys    []string
	Entries int
	Counted bool
}

// carryOut purges. The result of an order that could not be carried out says what would
// have been purged.
func carryOut(ctx context.Context, p *policy, o purgeOrder, count counting) (purgeResult, error) {
	result := purgeResult{URL: o.target.String(), Prefix: o.prefix, Soft: o.soft}
	if !o.prefix {
		return purgeTarget(ctx, p, o, count, result)
	}
	if o.target.query != "" {
		return purgeResult{}, fmt.Errorf("%w: %q has a query; a prefix ends with the path", errPurgeURL, result.URL)
	}
	return result, addRule(ctx, p, purgeRule{
		keyPrefix: p.keyPrefix,
		scheme:    o.target.scheme,
		host:      o.target.host,
		path:      strings.TrimSuffix(o.target.path, "/"),
		at:        time.Now(),
		soft:      o.soft,
	})
}
