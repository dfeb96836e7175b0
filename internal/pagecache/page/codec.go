package page

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/rfc9111"
)

// Codec is the binary form of a page in stores that keep bytes:
//
//	version and kind, a byte each; the length of the body; the key, with its
//	length
//	of a tombstone: when it was set, and what tells it from others
//	of an index: its generation, when it was declared stale, the names
//	of a list of purges: for each the key prefix, scheme, host, path, time and softness
//	of a response: its status, times, age and freshness, the dates of its
//	validators, the Cache-Status of inner caches, the fields that the handler has
//	deleted, the number of fields and that of all their lines, the fields with their
//	places and lines
//	the body
//
// Numbers are uvarints, times milliseconds of Unix, durations milliseconds, and
// the dates seconds of Unix as varints. Texts have their length before them,
// lists their count. Lengths are checked against what is there before anything
// is allocated.
//
// A hit decodes its page, unless the head is known: all texts are cut from one
// string, all lines share one slice, and no date has to be parsed. The body is
// last and, like the key, is not copied: it is a part of the bytes that the store
// gave. Unlike a program's values a page never leaves this package, which only
// ever reads it.
type Codec struct{}

var _ codec.Codec = Codec{}

const pageVersion = 4

// oldPageVersion is read, too. It has neither deleted fields nor places.
const oldPageVersion = 3

// The kinds of entries.
const (
	kindPage byte = iota
	kindIndex
	kindTombstone
	kindPurges
)

// Name implements [codec.Codec].
func (Codec) Name() string { return "larder-page" }

// FillsInterfaces says that the data tell which kind of [Entry] they are.
func (Codec) FillsInterfaces() {}

// ID implements [codec.Codec].
func (Codec) ID() byte { return 64 }

// Append implements [codec.Codec].
func (Codec) Append(dst []byte, v any) ([]byte, error) {
	switch entry := v.(type) {
	case *Page:
		dst = appendStart(dst, kindPage, entry, len(entry.Body))
		return append(appendResponse(dst, entry), entry.Body...), nil
	case *Index:
		dst = keys.AppendPart(appendStart(dst, kindIndex, entry, 0), entry.Variants.Generation)
		dst = appendTime(dst, entry.Variants.MarkedStale)
		return appendStrings(dst, entry.Variants.Names), nil
	case *Tombstone:
		return keys.AppendPart(appendTime(appendStart(dst, kindTombstone, entry, 0), entry.At), entry.ID), nil
	case *Purges:
		return appendPurges(appendStart(dst, kindPurges, entry, 0), entry.Rules), nil
	}
	return dst, fmt.Errorf("%w: %T is not an entry of the cache of pages", codec.ErrUnencodable, v)
}

// appendStart appends what all kinds of entries begin with.
func appendStart(dst []byte, kind byte, entry Entry, body int) []byte {
	dst = binary.AppendUvarint(append(dst, pageVersion, kind), uint64(body))
	return keys.AppendPart(dst, entry.Canonical())
}

func appendResponse(dst []byte, p *Page) []byte {
	dst = binary.AppendUvarint(dst, uint64(p.Status))
	dst = appendTime(appendTime(dst, p.Requested), p.Received)
	dst = appendFreshness(appendDuration(dst, p.Initial), &p.Fresh, &p.Sharing)
	dst = binary.AppendVarint(dst, p.Validators.LastModified.Unix())
	dst = binary.AppendVarint(dst, p.Validators.Date.Unix())
	dst = appendStrings(dst, p.CacheStatus)
	dst = appendStrings(dst, p.Removed)
	dst = binary.AppendUvarint(dst, uint64(len(p.Fields)))
	dst = binary.AppendUvarint(dst, uint64(len(p.Flat)))
	for _, f := range p.Fields {
		dst = keys.AppendPart(append(dst, byte(f.Merge)), f.Name)
		dst = appendStrings(dst, f.Lines)
	}
	return dst
}

func appendPurges(dst []byte, rules []PurgeRule) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(rules)))
	for _, rule := range rules {
		dst = appendStrings(dst, []string{rule.KeyPrefix, rule.Scheme, rule.Host, rule.Path})
		dst = appendTime(dst, rule.At)
		soft := byte(0)
		if rule.Soft {
			soft = 1
		}
		dst = append(dst, soft)
	}
	return dst
}

// appendTime appends a time, zero for none.
func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendUvarint(dst, 0)
	}
	return binary.AppendUvarint(dst, uint64(max(t.UnixMilli(), 1)))
}

func appendDuration(dst []byte, d time.Duration) []byte {
	return binary.AppendUvarint(dst, uint64(max(d, 0)/time.Millisecond))
}

// flags are the booleans of a page, a bit each, the first the lowest.
func flags(f *rfc9111.Freshness, s *sharing) [9]*bool {
	return [...]*bool{
		&f.HasStaleWhileRevalidate, &f.HasStaleIfError, &f.NoCache, &f.Immutable, &f.MustRevalidate, &f.SharedRevalidate,
		&s.Public, &s.sMaxAge, &s.mustRevalidate,
	}
}

func appendFreshness(dst []byte, f *rfc9111.Freshness, s *sharing) []byte {
	var bits uint64
	for i, set := range flags(f, s) {
		if *set {
			bits |= 1 << i
		}
	}
	dst = binary.AppendUvarint(append(dst, byte(f.Source)), bits)
	for _, d := range [...]time.Duration{f.Lifetime, f.StaleWhileRevalidate, f.StaleIfError} {
		dst = appendDuration(dst, d)
	}
	return dst
}

func appendStrings(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = keys.AppendPart(dst, s)
	}
	return dst
}

// EncodedPage is a page as it is stored, in the memory that the store gave.
type EncodedPage []byte

// Decode implements [codec.Codec]. dst is an *[Entry], or an *[EncodedPage], which may be
// none.
func (Codec) Decode(data []byte, dst any) error {
	if d, ok := dst.(*EncodedPage); ok {
		*d = data
		return nil
	}
	d, ok := dst.(*Entry)
	if !ok {
		return fmt.Errorf("%w than %T: it is a page", codec.ErrWrongType, dst)
	}
	entry, err := decode(data)
	if err != nil {
		return fmt.Errorf("%w: page: %w", codec.ErrMalformed, err)
	}
	*d = entry
	return nil
}
