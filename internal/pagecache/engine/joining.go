package engine

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// For whose runs of the handler a request waits.

// runInterval is for how long requests wait for a run without a header until
// another may begin; see [MaxConcurrentRuns]. A run that takes just a second is not
// late.
const runInterval = time.Second + time.Millisecond

// Join implements [fill.Subscriber].
func (x *requestFlow) Join() fill.JoinOptions {
	j := fill.JoinOptions{Partition: x.partition(), MaxWait: x.h.Patience}
	switch {
	case x.isPartOfNothing():
		j.PublishedOnly = true
	case x.waitsForNobody():
		j.Alone = true
	case x.w != nil:
		j.Interval, j.MaxLoads = runInterval, x.h.MaxRuns
	}
	return j
}

// waitsForNobody reports whether the last response could not be shared: it was
// stale from the beginning, so that each request has to ask the handler, or not for
// all. The owner of a [CachePage] says that its pages are for all, so there the
// latter counts for as long as requests pass because of it.
func (x *requestFlow) waitsForNobody() bool {
	if x.base != nil {
		return x.base.IsStaleAtBirth()
	}
	return x.h.Mode != policy.PerView && x.h.uncacheable.wasUnshared(x.memoryKey())
}

// partition separates requests that identify different users: they do not wait for
// each other's runs, since what one gets is mostly not for the others. Where a page
// is stored that the request may be given, it is.
func (x *requestFlow) partition() string {
	if x.base != nil || !x.isIdentified() {
		return ""
	}
	var hash maphash.Hash
	hash.SetSeed(memorySeed)
	add := func(text string) {
		_, _ = hash.WriteString(text) // it never fails
		_ = hash.WriteByte(0)
	}
	header := x.requestHeader()
	for _, name := range append([]string{"Authorization"}, x.Credentials.Fields...) {
		if name == "Cookie" {
			continue
		}
		add(name)
		for _, line := range header[name] {
			add(line)
		}
	}
	add(policy.CookieLine(x.UserCookies))
	if x.r.TLS != nil && len(x.r.TLS.PeerCertificates) > 0 {
		_, _ = hash.Write(x.r.TLS.PeerCertificates[0].Raw)
	}
	return string(binary.BigEndian.AppendUint64(nil, hash.Sum64()))
}

// isIdentified reports whether a request identifies a user. A cookie does to a
// shared cache, too, though it may store the response (RFC 9111, section 7.3).
func (x *requestFlow) isIdentified() bool { return !x.Credentials.None() || len(x.UserCookies) > 0 }
