package engine

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Which runs of the handler a request waits for.

// runInterval is for how long requests wait for a run without a header until
// another may start; see [MaxConcurrentRuns]. It is a little over a second, so that a run of
// one second is not late.
const runInterval = time.Second + time.Millisecond

// Join implements [fill.Subscriber].
func (x *requestFlow) Join() fill.JoinOptions {
	_, isLimited := x.deadline()
	x.runsInline = x.w != nil && !isLimited
	j := fill.JoinOptions{Partition: x.partition(), MaxWait: x.h.MaxWait, LeaseWait: x.h.LeaseWait, Inline: x.runsInline}
	switch {
	case x.isPartOfNothing():
		j.PublishedOnly = true
	case x.runsAlone():
		j.Alone = true
	case x.w != nil:
		j.Interval, j.MaxLoads = runInterval, x.h.MaxRuns
	}
	return j
}

// runsAlone reports whether the last response could not be shared, so that the request does
// not wait for another's run: the response was stale from the beginning, so that each
// request has to ask the handler, or it was not for all clients. The owner of a [CachePage]
// says that its pages are for all, so there the latter counts only while requests bypass the
// cache for it.
func (x *requestFlow) runsAlone() bool {
	if x.base != nil {
		return x.base.IsStaleAtBirth()
	}
	return x.h.Mode != policy.PerView && x.h.uncacheable.wasUnshared(x.memoryKey())
}

// partition separates requests that identify different users: they do not wait for each
// other's runs, whose responses are usually for one user only. It does not affect stored
// pages.
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

// isIdentified reports whether a request identifies a user. A cookie does so in a shared
// cache, too, although that may store the response (RFC 9111, section 7.3).
func (x *requestFlow) isIdentified() bool { return !x.Credentials.None() || len(x.UserCookies) > 0 }
