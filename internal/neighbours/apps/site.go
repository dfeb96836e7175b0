package apps

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Site is an application and the same application behind a cache.
type Site struct {
	Direct string // the URL of the application, without a path
	Cached string // the URL of the cache

	// Scrub removes from a body what the application makes at random.
	Scrub func([]byte) []byte

	// Adds are header fields that this kind of cache adds where the application has
	// none, by its documentation.
	Adds []string
}

// Compare asks for the same directly and through the cache, reports every
// difference that is not explained, and returns what came through the cache.
func (s Site) Compare(t testing.TB, v *Visitor, r Request) (cached Answer) {
	t.Helper()
	direct, err := v.Ask(t.Context(), s.Direct, r)
	if err != nil {
		t.Fatal("directly: ", err)
	}
	cached, err = v.Ask(t.Context(), s.Cached, r)
	if err != nil {
		t.Errorf("through the cache: %v", err)
		return cached
	}
	for _, difference := range Differences(r, direct, s.withoutAdded(direct, cached), s.Scrub) {
		t.Errorf("%s (%s)\n\t%s", r, cached.CacheStatus(), difference)
	}
	return cached
}

func (s Site) withoutAdded(direct, cached Answer) Answer {
	cached.Header = cached.Header.Clone()
	for _, name := range s.Adds {
		if direct.Header.Get(name) == "" {
			cached.Header.Del(name)
		}
	}
	return cached
}

// codings are what visitors accept: no coding, and one.
var codings = []string{"identity", "gzip, deflate"}

// Visit compares each target twice without a coding and twice with gzip.
func (s Site) Visit(t testing.TB, v *Visitor, targets []string) {
	t.Helper()
	for i, target := range targets {
		for j := range codings {
			coding := codings[(i+j)%len(codings)] // each is the first for some targets
			for range 2 {
				s.Compare(t, v, Request{Target: target}.With("Accept-Encoding", coding))
			}
		}
	}
}

// Probe compares what clients ask of each target besides a plain GET: HEAD,
// conditions that hold and that fail, and ranges. Each is asked of a page that the
// cache may have, and of one that it has never seen.
func (s Site) Probe(t testing.TB, v *Visitor, targets []string) {
	t.Helper()
	for _, target := range targets {
		for _, coding := range codings {
			plain := Request{Target: target}.With("Accept-Encoding", coding)
			page := s.Compare(t, v, plain)
			s.Compare(t, v, Request{Method: http.MethodHead, Target: target}.With("Accept-Encoding", coding))
			for i, r := range probes(plain, page.Header) {
				s.Compare(t, v, r)
				r.Target += fmt.Sprintf("?unseen=%d-%s", i, coding[:1])
				s.Compare(t, v, r)
			}
		}
	}
}

// probes returns requests with the conditions that a client has for a page that it
// was sent with this header.
func probes(plain Request, header http.Header) []Request {
	requests := []Request{
		plain.With("If-None-Match", `"other"`),
		plain.With("If-Match", `"other"`),
		plain.With("Range", "bytes=0-9"),
		plain.With("Range", "bytes=-10"),
		plain.With("Range", "bytes=100000000-"),
	}
	if tag := header.Get("Etag"); tag != "" {
		requests = append(requests,
			plain.With("If-None-Match", tag),
			plain.With("If-None-Match", `"other", W/`+strings.TrimPrefix(tag, "W/")),
			plain.With("If-Match", tag),
			plain.With("Range", "bytes=5-9", "If-Range", tag),
			plain.With("Range", "bytes=5-9", "If-Range", `"other"`))
	}
	if modified := header.Get("Last-Modified"); modified != "" {
		requests = append(requests,
			plain.With("If-Modified-Since", modified),
			plain.With("If-Modified-Since", time.Unix(0, 0).UTC().Format(http.TimeFormat)),
			plain.With("If-Unmodified-Since", time.Unix(0, 0).UTC().Format(http.TimeFormat)))
	}
	return requests
}

// IsHit reports whether an answer came from the cache, fresh.
func (a Answer) IsHit() bool { return hit.MatchString(a.CacheStatus()) }

// wasStored reports whether an answer is a stored one, fresh or validated.
func (a Answer) wasStored() bool {
	return a.IsHit() || strings.Contains(a.CacheStatus(), "fwd=stale; fwd-status=304")
}

var hit = regexp.MustCompile(`;\s*hit\b`)

// CacheStatus returns what the cache said of an answer (RFC 9211).
func (a Answer) CacheStatus() string { return a.Header.Get("Cache-Status") }

// Expire waits until pages of this lifetime, a few seconds, are stale.
func Expire(t testing.TB, lifetime time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lifetime+time.Second)
	defer cancel()
	<-ctx.Done()
	if err := t.Context().Err(); err != nil {
		t.Fatal("waiting for a page to be stale: ", err)
	}
}
