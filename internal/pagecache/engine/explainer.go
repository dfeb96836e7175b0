package engine

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/rfc9111"
)

// explainer takes a request flow through the states in which it would look for its
// page, and writes down what was found in each.
type explainer struct {
	x   *requestFlow
	now time.Time
	trace
	parts []detail // of the key, as they were noted
}

const (
	outcomeAlone = "the handler runs for this request alone, and nothing is stored"
	outcomeRun   = "the handler runs, for all who ask meanwhile; whether its response can be stored is only known then (ask with \"; run\")"
)

func (e *explainer) explain(run bool) {
	x := e.x
	e.Request = legible(x.r.Method + " " + policy.RequestTarget(x.r) + " of " + x.r.Host)
	e.policy()
	if x.RequestInfo = x.h.Classify(x.w.Header(), x.r); x.Bypass != reason.None {
		e.addReason("request", x.Bypass)
		e.Outcome = outcomeAlone
		return
	}
	e.add("request", "it can be answered from the cache", "RFC 9111, section 4")
	e.credentials()
	x.Note = e.note
	x.start()
	e.key("key")
	if e.find() && run {
		e.run()
	}
}

// policy says which cache it is.
func (e *explainer) policy() {
	says := summary(e.x.h.Policy)
	if hooks.Cache.IsImplied(hooks.Cache.HandlerFrom(e.x.r.Context())) {
		says += ", which is implied: in memory, since cache.SetDefault has not been called"
	}
	e.add("policy", says, "")
}

// summary names the kind of cache, with its ttl and alias.
func summary(p *policy.Policy) string {
	text := "Shared"
	switch p.Mode {
	case policy.PerView:
		text = fmt.Sprintf("CachePage with a ttl of %s", p.TTL)
	case policy.PerSite:
		text = fmt.Sprintf("Site, %s for what does not say", p.TTL)
	case policy.Shared:
		if p.Literal {
			text += ", to the letter of RFC 9111"
		}
	}
	return fmt.Sprintf("%s, in the cache %q", text, p.Alias)
}

// credentials says what in the request identifies a user.
func (e *explainer) credentials() {
	c := e.x.Credentials
	if c.None() {
		e.add("credentials", "the request has none", "RFC 9111, section 3.5")
		return
	}
	names := slices.Clone(c.Fields)
	if c.Authorization {
		names = append(names, "Authorization")
	}
	if c.Certificate {
		names = append(names, "a client certificate")
	}
	var cookies []detail
	for _, cookie := range e.x.UserCookies {
		cookies = append(cookies, detail{"undeclared cookie", cookie.Name})
	}
	e.add("credentials", "the request has "+strings.Join(names, ", ")+": what it gets is stored only if the response says that it is for all",
		"RFC 9111, section 3.5", cookies...)
}

func (e *explainer) note(part string, lines []string) {
	if d, ok := keyDetail(part, lines); ok {
		e.parts = append(e.parts, d)
	}
}

func (e *explainer) key(name string) {
	e.add(name, e.x.key, "RFC 9111, section 2", e.parts...)
	e.parts = nil
}

// find looks up the page, or its variant. It is false if the cache fails, so that there is
// nothing to explain.
func (e *explainer) find() bool {
	x := e.x
	ctx := x.r.Context()
	c := x.cache(ctx)
	if purges := x.purgeList(); purges.IsDue(e.now) {
		purges.Fetch(ctx, c)
	}
	for {
		found, _, err := c.Get(ctx, x.key)
		if err != nil {
			e.addReason("stored", storeReason(err))
			e.Outcome = outcomeAlone
			return false
		}
		x.found = found
		x.MayReuse()
		e.stored()
		if x.decision != decisionVariant {
			break
		}
		x.followIndex()
		e.key("variant")
	}
	e.decision()
	return true
}

// stored says what was found under a key.
func (e *explainer) stored() {
	x := e.x
	if x.decision == decisionBypass && x.reason == reason.Collision {
		return // the next step says so
	}
	switch entry := x.found.(type) {
	case nil:
		e.add("stored", "nothing", "RFC 9111, section 4")
		return
	case *page.Tombstone:
		e.add("stored", "nothing: it was purged "+inWords(e.now.Sub(entry.At))+" ago", "Purge")
		return
	case *page.Index:
		if x.decision == decisionVariant {
			e.add("stored", "the page has variants, by "+variesOn(entry.Variants.Names), "RFC 9111, section 4.1")
			return
		}
	case *page.Page:
		if bytes.Equal(entry.Key, x.canonical) {
			e.add("stored", "a response", "RFC 9111, section 4", describe(x.h.Policy, entry, e.now)...)
			e.purges(entry)
			return
		}
	}
	e.add("stored", "a page of the same URL, for a request that differs in what else is in the key", "RFC 9111, section 4.1")
}

func variesOn(names []string) string {
	if len(names) == 0 {
		return "what is in the key besides the URL"
	}
	return strings.Join(names, ", ")
}

// purges says whether a page that was found is of before a purge by prefix.
func (e *explainer) purges(p *page.Page) {
	purges := e.x.purgeList().Known.Load()
	if !purges.IsCurrent() {
		e.add("purge", "the list of purges cannot be read, so it counts as nothing", "PurgePrefix")
		return
	}
	switch how, at := purges.Find(e.x.h.KeyPrefix, e.x.Target, p.Requested); how {
	case purge.Hard:
		e.add("purge", "everything under a prefix of the URL was purged since, so it counts as nothing", "PurgePrefix")
	case purge.Soft:
		e.add("purge", "everything under a prefix of the URL was declared stale "+inWords(e.now.Sub(at))+" ago", "PurgePrefixSoft")
	}
}

// decision adds the decision about the entry that was found.
func (e *explainer) decision() {
	x := e.x
	switch x.decision {
	case decisionHit:
		e.add("decision", x.cause.String(), x.cause.Section())
		e.Outcome = "hit: the stored response is sent" + e.condition()
	case decisionStale:
		e.add("decision", x.cause.String(), x.cause.Section())
		e.Outcome = "hit: the stored response is sent" + e.condition() + ", and refreshed in the background"
	case decisionValidate:
		e.add("decision", x.cause.String(), x.cause.Section())
		e.validate()
	case decisionTimeout:
		e.add("decision", x.cause.String(), x.cause.Section())
		e.refused()
	case decisionBypass:
		e.addReason("decision", x.reason)
		e.Outcome = outcomeAlone
	default:
		e.miss()
	}
}

// validate is the outcome that the stored response has to be validated.
func (e *explainer) validate() {
	x := e.x
	e.Outcome = "the handler runs, and its response replaces the stored one"
	if x.base.IsValidatable() {
		e.Outcome = "the handler runs, and may answer 304 if the stored response still holds"
	}
	if x.base.Fresh.AllowsOnError(x.base.Age(e.now), &x.Directives) {
		e.add("errors", "if it fails, the stored response may be sent", "RFC 5861, section 4")
	}
}

func (e *explainer) miss() {
	known := e.x.h.uncacheable.lookup(e.x.memoryKey())
	switch {
	case e.x.Directives.OnlyIfCached:
		e.refused()
	case e.x.isPartOfNothing():
		e.add("decision", "the client wants a part, or has a precondition, and there is no response to use", "RFC 9110, section 14.2")
		e.Outcome = outcomeAlone
	case known.isRemembered():
		e.addReason("decision", reason.Uncacheable)
		e.addReason("cause", known.why())
		e.Outcome = "the handler runs for this request alone"
	default:
		e.add("decision", "there is no response to use", "RFC 9111, section 4")
		e.Outcome = outcomeRun
	}
}

func (e *explainer) refused() {
	e.addReason("refusal", reason.OnlyIfCached)
	e.Outcome = "504: the handler does not run"
}

// condition says what of a stored response the client wants.
func (e *explainer) condition() string {
	x := e.x
	if x.page.Status != 200 || !x.Fields.Has(policy.KindConditional) {
		return ""
	}
	switch x.h.conditions(x.r, &x.page.Validators) {
	case rfc9111.OutcomeNotModified:
		return ", as 304"
	case rfc9111.OutcomePreconditionFailed:
		return ", as 412"
	case rfc9111.OutcomeProceed:
		if policy.AsksForRange(x.r) && x.h.MayCut(x.page.Header(), x.r) {
			return ", the range of it that was asked for"
		}
	}
	return ""
}

// describe says of a response what its reuse depends on, and nothing of what it
// is.
func describe(p *policy.Policy, entry *page.Page, now time.Time) []detail {
	f := &entry.Fresh
	age := entry.Age(now)
	details := []detail{
		{"status", fmt.Sprint(entry.Status)},
		{"age", inWords(age)},
		{"freshness lifetime", inWords(f.Lifetime) + ", by " + sourceOf(p, entry.Status, f.Source)},
		{"fresh for", inWords(max(f.Lifetime-age, 0))},
	}
	for _, window := range []struct {
		name string
		d    time.Duration
	}{{"stale-while-revalidate", f.StaleWhileRevalidate}, {"stale-if-error", f.StaleIfError}} {
		if window.d > 0 {
			details = append(details, detail{window.name, inWords(window.d)})
		}
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"no-cache", f.NoCache}, {"must-revalidate", f.MustRevalidate}, {"immutable", f.Immutable},
		{"public", entry.Sharing.Public}, {"validators", entry.IsValidatable()},
	} {
		if flag.set {
			details = append(details, detail{flag.name, "yes"})
		}
	}
	if len(entry.Vary) > 0 {
		details = append(details, detail{"Vary", strings.Join(entry.Vary, ", ")})
	}
	return details
}

// sourceOf names what gave a response its lifetime.
func sourceOf(p *policy.Policy, status int, says rfc9111.Source) string {
	if _, ok := p.StatusTTL[status]; ok {
		return "StatusTTL"
	}
	if _, own := p.OwnLifetime(status, says); own && p.Mode == policy.PerView {
		return "the ttl of CachePage"
	} else if own {
		return "DefaultTTL"
	}
	return says.String()
}
