package middleware

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
)

// purgeRule is one purge of all pages beneath a path.
type purgeRule struct {
	KeyPrefix string
	Origin    string // scheme and host; "" for all
	Path      string // without a slash at its end
	At        time.Time
	Soft      bool
}

// matches reports whether the rule is about pages of a target that were
// requested at that time. The end of the path is the end of a segment.
func (r *purgeRule) matches(keyPrefix string, t target, requested time.Time) bool {
	if r.At.Before(requested) || r.KeyPrefix != keyPrefix {
		return false
	}
	if r.Origin == "" {
		return true
	}
	scheme, host, _ := strings.Cut(r.Origin, "://")
	rest, beneath := strings.CutPrefix(t.path, r.Path)
	return beneath && (rest == "" || rest[0] == '/') && scheme == t.scheme && host == t.host
}

// maxRules is how many purges by prefix are remembered. With more, the oldest are
// put together into one that is about all pages of before.
const maxRules = 256

// rulesInterval is how old the list of purges may be that a process goes by.
const rulesInterval = time.Second

const (
	rulesKey     = "page:purges"
	rulesLockKey = "page:purges:lock"
)

// ruleLists is the view of the list of purges, which all pages of an alias share.
var ruleLists = cache.For[[]purgeRule](nil, cache.Never)

// localPurges counts the purges by prefix of this process, so that each takes
// effect at once in all of its handlers.
var localPurges atomic.Int64

// purgeList is what one handler knows of the purges by prefix. Each hit is held
// against it, so it is kept here and fetched now and then.
type purgeList struct {
	known atomic.Pointer[knownPurges]
	busy  atomic.Bool
	keep  string // the key prefix of the pages
}

type knownPurges struct {
	rules   []purgeRule
	fetched time.Time
	local   int64 // of localPurges
}

// refresh fetches the list if it is due. Of concurrent requests one does, and the
// others go by the old list, unless there was a purge in this process.
func (l *purgeList) refresh(ctx context.Context, p *policy) {
	known, local, now := l.known.Load(), localPurges.Load(), time.Now()
	current := known != nil && known.local == local
	if current && now.Sub(known.fetched) < rulesInterval {
		return
	}
	if current && !l.busy.CompareAndSwap(false, true) {
		return
	}
	defer l.busy.Store(false)
	rules, _, err := ruleLists.Over(cache.From(ctx, p.alias)).Get(ctx, rulesKey)
	if err != nil && known != nil {
		rules = known.rules // the cache fails: its pages are not to be had either
	}
	l.known.Store(&knownPurges{rules: rules, fetched: now, local: local})
}

// find returns how a page of a target that was requested at that time was
// purged, and when. The hardest counts, and then the earliest.
func (l *purgeList) find(t target, requested time.Time) (how purged, at time.Time) {
	known := l.known.Load()
	if known == nil {
		return notPurged, at
	}
	for i := range known.rules {
		rule := &known.rules[i]
		switch {
		case !rule.matches(l.keep, t, requested):
		case !rule.Soft:
			return purgedHard, rule.At
		case how == notPurged:
			how, at = purgedSoft, rule.At
		}
	}
	return how, at
}

// errPurgeBusy reports that others purge all the time.
var errPurgeBusy = errors.New("larder: the list of purges is locked by another process")

// addRule adds a purge to the list of the alias.
func (p *policy) addRule(ctx context.Context, rule purgeRule) error {
	lists := ruleLists.Over(cache.From(ctx, p.alias))
	unlock, err := lockRules(ctx, lists.Cache())
	if err != nil {
		return err
	}
	defer unlock()
	rules, _, err := lists.Get(ctx, rulesKey)
	if err != nil {
		return err
	}
	if err := lists.Set(ctx, rulesKey, withRule(rules, rule)); err != nil {
		return err
	}
	localPurges.Add(1)
	return nil
}

// withRule returns the rules with another, in place of those that it makes
// needless.
func withRule(rules []purgeRule, rule purgeRule) []purgeRule {
	kept := make([]purgeRule, 0, len(rules)+1)
	for _, r := range rules {
		same := r.KeyPrefix == rule.KeyPrefix && r.Origin == rule.Origin && r.Path == rule.Path
		if !same || r.Soft != rule.Soft && rule.Soft {
			kept = append(kept, r)
		}
	}
	kept = append(kept, rule)
	if len(kept) <= maxRules {
		return kept
	}
	// The two oldest become one about all pages of their prefix, of before the
	// younger of the two.
	merged := purgeRule{KeyPrefix: kept[1].KeyPrefix, At: kept[1].At}
	if kept[0].KeyPrefix != kept[1].KeyPrefix {
		return append([]purgeRule{{KeyPrefix: kept[0].KeyPrefix, At: kept[0].At}, merged}, kept[2:]...)
	}
	return append([]purgeRule{merged}, kept[2:]...)
}

// lockRules keeps other processes from changing the list meanwhile. The lock ends
// by itself if its owner does not.
func lockRules(ctx context.Context, c cache.Cache) (unlock func(), err error) {
	const (
		holds = 5 * time.Second
		pause = 10 * time.Millisecond
	)
	for range 2 * holds / pause {
		added, err := c.Add(ctx, rulesLockKey, true, cache.After(holds))
		if err != nil {
			return nil, err
		}
		if added {
			return func() {
				// If it fails, the lock ends by itself.
				_, _ = c.Delete(context.WithoutCancel(ctx), rulesLockKey)
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", errPurgeBusy, ctx.Err())
		case <-time.After(pause):
		}
	}
	return nil, errPurgeBusy
}
