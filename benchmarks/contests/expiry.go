package contests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/targets"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// Expiry is what a crowd of 32 sees of a page that takes 200 ms to make and
// expires once a second.
type Expiry struct {
	Rival   pages.Rival
	Visits  []targets.Visit
	Runs    int64
	Blocked int // visits that took longer than 50 ms

	Skipped error // why it was not measured
}

// Expiries has the crowd visit each rival that caches, for so many seconds.
func Expiries(ctx context.Context, effort targets.Effort) (all []Expiry, err error) {
	length := 4 * time.Second
	if effort == targets.Quick {
		length = 2 * time.Second
	}
	for _, r := range pages.All() {
		if r.Name == pages.Plain.Name {
			continue
		}
		e, err := expiry(ctx, r, length)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		all = append(all, e)
	}
	return all, nil
}

func expiry(ctx context.Context, r pages.Rival, length time.Duration) (Expiry, error) {
	p := &pages.Page{Body: []byte("a page that takes its time"), TTL: time.Second, Takes: 200 * time.Millisecond}
	addr, stop, err := r.Serve(ctx, p)
	if errors.Is(err, launch.ErrNotInstalled) {
		return Expiry{Rival: r, Skipped: err}, nil
	}
	if err != nil {
		return Expiry{}, err
	}
	defer stop()
	visits, err := targets.Crowd(addr, length)
	return Expiry{Rival: r, Visits: visits, Runs: p.Runs(), Blocked: targets.Blocked(visits)}, err
}
