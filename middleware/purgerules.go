package middleware

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"

	"github.com/larder-go/larder/internal/pagecache/policy"

	"github.com/larder-go/larder/cache"
)

// rulesInterval is how old the list of purges may be that a process goes by.
const rulesInterval = time.Second

const (
	rulesKey     = "page:purges"
	rulesLockKey = "page:purges:lock"
)

// localPurges counts the purges by prefix of this process, so that each takes
// effect at once in all of its handlers.
var localPurges atomic.Int64

// purgeLists are what one handler of pages knows of the purges by prefix: a list for
// each handler of caches, of which there mostly is one, for as long as it is used.
type purgeLists struct {
	first  atomic.Pointer[purgeList]
	others sync.Map // by *cache.Handler
}

// of returns the list of the pages in caches.
func (ls *purgeLists) of(caches *cache.Handler) *purgeList {
	l := ls.first.Load()
	if l == nil {
		ls.first.CompareAndSwap(nil, &purgeList{caches: caches})
		l = ls.first.Load()
	}
	if l.caches == caches {
		return l
	}
	other, known := ls.others.Load(caches)
	if !known {
		other, _ = ls.others.LoadOrStore(caches, &purgeList{caches: caches})
	}
	return other.(*purgeList)
}

// purgeList is one of purgeLists. Each hit is held against it, so it is kept here and
// fetched now and then.
type purgeList struct {
	caches *cache.Handler
	known  atomic.Pointer[knownPurges]
}

// purgeListsMade gives each list of rules its number.
var purgeListsMade atomic.Uint64

type knownPurges struct {
	number  uint64 // none with other rules has it
	rules   []page.PurgeRule
	fetched time.Time
	local   int64 // localPurges of before
}

// isDue reports whether the list has to be fetched before a page is judged. It
// then counts as fetched, so that of concurrent requests one does and the others
// go by the old list; unless there is none yet, or there was a purge in this
// process, when each does.
func (l *purgeList) isDue(now time.Time) bool {
	known := l.known.Load()
	if known == nil || known.local != localPurges.Load() {
		return true
	}
	if now.Sub(known.fetched) < rulesInterval {
		return false
	}
	return l.known.CompareAndSwap(known, &knownPurges{number: known.number, rules: known.rules, fetched: now, local: known.local})
}

// fetch gets the list from the cache. If that fails, the old one stays: the
// cache's pages are not to be had either.
func (l *purgeList) fetch(ctx context.Context, c cache.View[*page.Page]) {
	local := localPurges.Load()
	if entry, _, err := c.Get(ctx, rulesKey); err == nil {
		l.set(entry, local)
	}
}

// set takes over the list that is stored as entry, nil if there is none. local is
// localPurges of before it was fetched.
func (l *purgeList) set(entry *page.Page, local int64) {
	known := &knownPurges{number: purgeListsMade.Add(1), fetched: time.Now(), local: local}
	if entry != nil {
		known.rules = entry.Purges
	}
	if before := l.known.Load(); before != nil {
		known.rules = union(before.rules, known.rules)
		if slices.Equal(before.rules, known.rules) {
			known.number = before.number
		}
	}
	l.known.Store(known)
}

// union returns all rules of two lists. The store may have lost what this process
// still knows: the list is an entry like others, which a bounded store evicts.
func union(known, fetched []page.PurgeRule) []page.PurgeRule {
	all := slices.DeleteFunc(slices.Clone(known), func(r page.PurgeRule) bool { return slices.Contains(fetched, r) })
	if len(all) == 0 {
		return fetched
	}
	for _, r := range fetched {
		all = withRule(all, r)
	}
	return all
}

// isCurrent is false if the list could not be read, or there was a purge at this
// very moment: then nobody can tell of a page in the cache if it is still good.
func (known *knownPurges) isCurrent() bool {
	return known != nil && known.local == localPurges.Load()
}

// find returns how a page of a target that was requested at that time was
// purged, and when. The hardest counts, and then the earliest. keyPrefix is that
// of the page.
func (known *knownPurges) find(keyPrefix string, t policy.Target, requested time.Time) (how purged, at time.Time) {
	if known == nil {
		return notPurged, at
	}
	for i := range known.rules {
		rule := &known.rules[i]
		switch {
		case !rule.Matches(keyPrefix, t, requested):
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
func addRule(ctx context.Context, p *policy.Policy, rule page.PurgeRule) error {
	c := purgedPages.Over(cache.From(ctx, p.Alias))
	unlock, err := lockRules(ctx, c.Cache())
	if err != nil {
		return err
	}
	defer unlock()
	entry, found, err := c.Get(ctx, rulesKey)
	if err != nil {
		return err
	}
	var rules []page.PurgeRule
	if found {
		rules = entry.Purges
	}
	if err := c.Set(ctx, rulesKey, &page.Page{Purges: withRule(rules, rule)}, cache.Never); err != nil {
		return err
	}
	localPurges.Add(1)
	return nil
}

// withRule returns the rules with another, in place of those that it makes
// needless.
func withRule(rules []page.PurgeRule, rule page.PurgeRule) []page.PurgeRule {
	kept := make([]page.PurgeRule, 0, len(rules)+1)
	for _, r := range rules {
		same := r.KeyPrefix == rule.KeyPrefix && r.Scheme == rule.Scheme && r.Host == rule.Host && r.Path == rule.Path
		if !same || r.Soft != rule.Soft && rule.Soft {
			kept = append(kept, r)
		}
	}
	kept = append(kept, rule)
	if len(kept) <= page.MaxRules {
		return kept
	}
	return mergeOldest(kept)
}

// mergeOldest puts the oldest rule and the next one of the same key prefix
// together into one about all pages of that prefix, of before the younger of the
// two.
func mergeOldest(rules []page.PurgeRule) []page.PurgeRule {
	for i, older := range rules {
		younger := slices.IndexFunc(rules[i+1:], func(r page.PurgeRule) bool { return r.KeyPrefix == older.KeyPrefix })
		if younger < 0 {
			continue
		}
		rules[i] = page.PurgeRule{KeyPrefix: older.KeyPrefix, At: rules[i+1+younger].At}
		return slices.Delete(rules, i+1+younger, i+2+younger)
	}
	return rules
}

// lockRules keeps other processes from changing the list meanwhile. The lock ends
// by itself if its owner does not.
func lockRules(ctx context.Context, c cache.Cache) (unlock func(), err error) {
	const (
		holds = 5 * time.Second
		pause = 10 * time.Millisecond
	)
	for range 2 * holds / pause {
		added, err := c.Add(ctx, rulesLockKey, true, cache.After(holds), cache.FailClosed)
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
