package purge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// RulesInterval is how old the list of purges may be that a process goes by.
const RulesInterval = time.Second

const (
	RulesKey     = "page:purges"
	rulesLockKey = "page:purges:lock"
)

// LocalPurges counts the purges by prefix of this process, so that each takes
// effect at once in all of its handlers.
var LocalPurges atomic.Int64

// Lists are what one handler of pages knows of the purges by prefix: a list for
// each handler of caches, of which there mostly is one, for as long as it is used.
type Lists struct {
	first  atomic.Pointer[List]
	others sync.Map // by *cache.Handler
}

// Of returns the list of the pages in caches.
func (ls *Lists) Of(caches *cache.Handler) *List {
	l := ls.first.Load()
	if l == nil {
		ls.first.CompareAndSwap(nil, &List{Caches: caches})
		l = ls.first.Load()
	}
	if l.Caches == caches {
		return l
	}
	other, known := ls.others.Load(caches)
	if !known {
		other, _ = ls.others.LoadOrStore(caches, &List{Caches: caches})
	}
	return other.(*List)
}

// List is what is known of the purges by prefix in one handler of caches, see [Lists]. Each hit
// is compared with it, so it is kept here and fetched now and then.
type List struct {
	Caches *cache.Handler
	Known  atomic.Pointer[Known]
}

// purgeListsMade gives each list of rules its number.
var purgeListsMade atomic.Uint64

type Known struct {
	Number  uint64 // none with other rules has it
	Rules   []page.PurgeRule
	Fetched time.Time
	local   int64 // LocalPurges of before
}

// IsDue reports whether the list has to be fetched before a page is reused. It
// then counts as fetched, so that of concurrent requests one does and the others
// go by the old list; unless there is none yet, or there was a purge in this
// process, when each does.
func (l *List) IsDue(now time.Time) bool {
	known := l.Known.Load()
	if known == nil || known.local != LocalPurges.Load() {
		return true
	}
	if now.Sub(known.Fetched) < RulesInterval {
		return false
	}
	return l.Known.CompareAndSwap(known, &Known{Number: known.Number, Rules: known.Rules, Fetched: now, local: known.local})
}

// Fetch gets the list from the cache. If that fails, the old one stays: the
// cache's pages are not to be had either.
func (l *List) Fetch(ctx context.Context, c cache.View[page.Entry]) {
	local := LocalPurges.Load()
	if entry, _, err := c.Get(ctx, RulesKey); err == nil {
		l.Set(entry, local)
	}
}

// Set takes over the list that is stored as entry, nil if there is none. local is
// LocalPurges of before it was fetched.
func (l *List) Set(entry page.Entry, local int64) {
	known := &Known{Number: purgeListsMade.Add(1), Fetched: time.Now(), local: local}
	known.Rules = rulesOf(entry)
	if before := l.Known.Load(); before != nil {
		known.Rules = union(before.Rules, known.Rules)
		if slices.Equal(before.Rules, known.Rules) {
			known.Number = before.Number
		}
	}
	l.Known.Store(known)
}

// rulesOf returns the rules that are stored as entry: none if that is nil.
func rulesOf(entry page.Entry) []page.PurgeRule {
	if list, ok := entry.(*page.Purges); ok {
		return list.Rules
	}
	return nil
}

// union returns all rules of two lists. The store may have lost what this process
// still knows: the list is an entry like others, which a bounded store evicts.
func union(known, fetched []page.PurgeRule) []page.PurgeRule {
	all := slices.DeleteFunc(slices.Clone(known), func(r page.PurgeRule) bool { return slices.Contains(fetched, r) })
	if len(all) == 0 {
		return fetched
	}
	for _, r := range fetched {
		all = WithRule(all, r)
	}
	return all
}

// IsCurrent is false if the list could not be read, or there was a purge at this
// very moment: then nobody can tell of a page in the cache if it is still good.
func (known *Known) IsCurrent() bool {
	return known != nil && known.local == LocalPurges.Load()
}

// Find returns how a page of a target that was requested at that time was
// purged, and when. The hardest counts, and then the earliest. keyPrefix is that
// of the page.
func (known *Known) Find(keyPrefix string, t policy.Target, requested time.Time) (how How, at time.Time) {
	if known == nil {
		return NotPurged, at
	}
	for i := range known.Rules {
		rule := &known.Rules[i]
		switch {
		case !rule.Matches(keyPrefix, t, requested):
		case !rule.Soft:
			return Hard, rule.At
		case how == NotPurged:
			how, at = Soft, rule.At
		}
	}
	return how, at
}

// ErrBusy reports that others purge all the time.
var ErrBusy = errors.New("larder: the list of purges is locked by another process")

// addRule adds a purge to the list of the alias.
func addRule(ctx context.Context, p *policy.Policy, rule page.PurgeRule) error {
	c := purgedPages.Over(cache.From(ctx, p.Alias))
	unlock, err := LockRules(ctx, c.Cache())
	if err != nil {
		return err
	}
	defer unlock()
	entry, _, err := c.Get(ctx, RulesKey)
	if err != nil {
		return err
	}
	if err := c.Set(ctx, RulesKey, &page.Purges{Rules: WithRule(rulesOf(entry), rule)}, cache.Never); err != nil {
		return err
	}
	LocalPurges.Add(1)
	return nil
}

// WithRule returns the rules with another, instead of those that it makes
// needless.
func WithRule(rules []page.PurgeRule, rule page.PurgeRule) []page.PurgeRule {
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

// LockRules keeps other processes from changing the list meanwhile. The lock ends
// by itself if its owner does not.
func LockRules(ctx context.Context, c cache.Cache) (unlock func(), err error) {
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
			return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
		case <-time.After(pause):
		}
	}
	return nil, ErrBusy
}
