package purge

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

// ErrURL is the error for a URL that is not that of a page.
var ErrURL = errors.New("larder: not the URL of a page")

// URL carries out an order about a URL as people write it.
func URL(ctx context.Context, p *policy.Policy, text string, o Order, count counting) (_ Result, err error) {
	if o.Target, err = ParseTarget(p, text); err != nil {
		return Result{}, err
	}
	return CarryOut(ctx, p, o, count)
}

// Path is [URL] for a path, with a query or without, on the site that a request is to.
func Path(p *policy.Policy, r *http.Request, path string, o Order) (Result, error) {
	scheme, host := p.OriginOf(r, p.TrustsPeer(r))
	switch {
	case host == "":
		return Result{}, fmt.Errorf("%w: the request has no host; use PurgeURL", ErrURL)
	case !strings.HasPrefix(path, "/"):
		return Result{}, fmt.Errorf("%w: %q has to begin with a slash; for a whole URL there is PurgeURL", ErrURL, path)
	}
	u, err := uri.Parse("http://host" + path)
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrURL, err)
	}
	o.Target = p.NewTarget(scheme, host, u.Path, u.Query)
	return CarryOut(r.Context(), p, o, Counted)
}

// ParseTarget returns the target of requests for a URL as people write it.
func ParseTarget(p *policy.Policy, text string) (policy.Target, error) {
	u, err := uri.Parse(text)
	if err != nil {
		return policy.Target{}, fmt.Errorf("%w: %w", ErrURL, err)
	}
	return p.NewTarget(u.Scheme, u.Host, u.Path, u.Query), nil
}

// counting says whether a purge looks for what is there, which takes a look-up.
type counting bool

const (
	Counted   counting = true
	Uncounted counting = false
)

// Result says what a purge did: it is a [PurgeResult].
type Result struct {
	URL     string
	Prefix  bool
	Soft    bool
	Keys    []string
	Entries int
	Counted bool
}

// CarryOut purges. The result of an order that could not be carried out says what would
// have been purged.
func CarryOut(ctx context.Context, p *policy.Policy, o Order, count counting) (Result, error) {
	result := Result{URL: o.Target.String(), Prefix: o.Prefix, Soft: o.Soft}
	if !o.Prefix {
		return purgeTarget(ctx, p, o, count, result)
	}
	if o.Target.Query != "" {
		return Result{}, fmt.Errorf("%w: %q has a query; a prefix ends with the path", ErrURL, result.URL)
	}
	return result, addRule(ctx, p, page.PurgeRule{
		KeyPrefix: p.KeyPrefix,
		Scheme:    o.Target.Scheme,
		Host:      o.Target.Host,
		Path:      strings.TrimSuffix(o.Target.Path, "/"),
		At:        time.Now(),
		Soft:      o.Soft,
	})
}
