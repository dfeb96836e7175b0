package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"

	"github.com/larder-go/larder/internal/pagecache/policy"

	"github.com/larder-go/larder/internal/uri"
)

// errPurgeURL is the error for a URL that is not that of a page.
var errPurgeURL = errors.New("larder: not the URL of a page")

// purgeURL carries out an order about a URL as people write it.
func purgeURL(ctx context.Context, p *policy.Policy, text string, o purgeOrder, count counting) (_ purgeResult, err error) {
	if o.target, err = parseTarget(p, text); err != nil {
		return purgeResult{}, err
	}
	return carryOut(ctx, p, o, count)
}

// purgePath is purgeURL for a path, with a query or without, of the origin of a request.
func purgePath(p *policy.Policy, r *http.Request, path string, o purgeOrder) (purgeResult, error) {
	scheme, host := p.OriginOf(r, p.TrustsPeer(r))
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
	o.target = p.NewTarget(scheme, host, u.Path, u.Query)
	return carryOut(r.Context(), p, o, counted)
}

// parseTarget returns the target of requests for a URL as people write it.
func parseTarget(p *policy.Policy, text string) (policy.Target, error) {
	u, err := uri.Parse(text)
	if err != nil {
		return policy.Target{}, fmt.Errorf("%w: %w", errPurgeURL, err)
	}
	return p.NewTarget(u.Scheme, u.Host, u.Path, u.Query), nil
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
func carryOut(ctx context.Context, p *policy.Policy, o purgeOrder, count counting) (purgeResult, error) {
	result := purgeResult{URL: o.target.String(), Prefix: o.prefix, Soft: o.soft}
	if !o.prefix {
		return purgeTarget(ctx, p, o, count, result)
	}
	if o.target.Query != "" {
		return purgeResult{}, fmt.Errorf("%w: %q has a query; a prefix ends with the path", errPurgeURL, result.URL)
	}
	return result, addRule(ctx, p, page.PurgeRule{
		KeyPrefix: p.KeyPrefix,
		Scheme:    o.target.Scheme,
		Host:      o.target.Host,
		Path:      strings.TrimSuffix(o.target.Path, "/"),
		At:        time.Now(),
		Soft:      o.soft,
	})
}
