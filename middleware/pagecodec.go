package middleware

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/rfc9111"
)

// pageCodec is the binary form of a page in stores that keep bytes:
//
//	version and kind, a byte each; the key, with its length
//	of a tombstone: when it was set, and what tells it from others
//	of an index: its generation, when it was declared stale, the names
//	of a list of purges: for each the key prefix, scheme, host, path, time and softness
//	of a response: its status, times, age and freshness, the fields with their
//	lines, and the body
//
// Numbers are uvarints, times milliseconds of Unix, durations milliseconds.
// Texts have their length before them, lists their count. Lengths are checked
// against what is there before anything is allocated.
//
// The body is last and is not copied: it is a part of the bytes that the store
// gave. Unlike a program's values a page never leaves this package, which only
// ever reads it.
type pageCodec struct{}

var _ codec.Codec = pageCodec{}

const pageVersion = 2

// The kinds of entries.
const (
	kindPage byte = iota
	kindIndex
	kindTombstone
	kindPurges
)

// Name implements [codec.Codec].
func (pageCodec) Name() string { return "larder-page" }

// ID implements [codec.Codec].
func (pageCodec) ID() byte { return 64 }

// Append implements [codec.Codec].
func (pageCodec) Append(dst []byte, v any) ([]byte, error) {
	p, ok := v.(*page)
	if !ok {
		return dst, fmt.Errorf("%w: %T is not a page", codec.ErrUnencodable, v)
	}
	kind := kindPage
	switch {
	case p.tombstone:
		kind = kindTombstone
	case p.index != nil:
		kind = kindIndex
	case p.purges != nil:
		kind = kindPurges
	}
	dst = keys.AppendPart(append(dst, pageVersion, kind), p.key)
	switch kind {
	case kindTombstone:
		return keys.AppendPart(appendTime(dst, p.requested), p.generation), nil
	case kindIndex:
		dst = keys.AppendPart(dst, p.index.generation)
		dst = appendTime(dst, p.index.softened)
		return appendStrings(dst, p.index.names), nil
	case kindPurges:
		return appendPurges(dst, p.purges), nil
	}
	dst = binary.AppendUvarint(dst, uint64(p.status))
	dst = appendTime(appendTime(dst, p.requested), p.received)
	dst = appendFreshness(appendDuration(dst, p.initial), &p.fresh, &p.sharing)
	fields := p.storedFields()
	dst = binary.AppendUvarint(dst, uint64(len(fields)))
	for _, f := range fields {
		dst = keys.AppendPart(dst, f.name)
		dst = appendStrings(dst, f.lines)
	}
	return keys.AppendPart(dst, p.body), nil
}

func appendPurges(dst []byte, rules []purgeRule) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(rules)))
	for _, rule := range rules {
		dst = appendStrings(dst, []string{rule.keyPrefix, rule.scheme, rule.host, rule.path})
		dst = appendTime(dst, rule.at)
		soft := byte(0)
		if rule.soft {
			soft = 1
		}
		dst = append(dst, soft)
	}
	return dst
}

func (r *pageReader) purges() []purgeRule {
	n := r.count(uint64(len(r.rest)))
	rules := make([]purgeRule, 0, min(n, maxRules))
	for range n {
		texts := r.texts()
		if r.failed || len(texts) != 4 {
			r.failed = true
			break
		}
		rules = append(rules, purgeRule{keyPrefix: texts[0], scheme: texts[1], host: texts[2], path: texts[3], at: r.time(), soft: r.byte() == 1})
	}
	return rules
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
		&s.public, &s.sMaxAge, &s.mustRevalidate,
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

// Decode implements [codec.Codec]. dst is a **page.
func (pageCodec) Decode(data []byte, dst any) error {
	d, ok := dst.(**page)
	if !ok {
		return fmt.Errorf("%w than %T: it is a page", codec.ErrWrongType, dst)
	}
	p, err := decodePage(data)
	if err != nil {
		return fmt.Errorf("%w: page: %w", codec.ErrMalformed, err)
	}
	*d = p
	return nil
}

var errPage = errors.New("truncated or malformed")

func decodePage(data []byte) (*page, error) {
	r := pageReader{rest: data}
	if version := r.byte(); version != pageVersion {
		return nil, errPage
	}
	kind := r.byte()
	p := &page{key: r.part()}
	switch kind {
	case kindPage:
		r.response(p)
	case kindIndex:
		p.index = &variants{generation: r.text(), softened: r.time(), names: r.texts()}
	case kindTombstone:
		p.tombstone, p.requested, p.generation = true, r.time(), r.text()
	case kindPurges:
		p.purges = r.purges()
	default:
		return nil, errPage
	}
	if r.failed || len(r.rest) > 0 {
		return nil, errPage
	}
	return p, nil
}

func (r *pageReader) response(p *page) {
	p.status = int(r.count(599))
	p.requested, p.received = r.time(), r.time()
	p.initial = r.duration()
	p.fresh, p.sharing = r.freshness()
	n := r.count(uint64(len(r.rest)))
	p.fields = make([]field, 0, min(n, 32))
	for range n {
		if r.failed {
			break
		}
		p.fields = append(p.fields, field{name: r.text(), lines: r.texts()})
	}
	p.body = r.bytes(r.count(uint64(len(r.rest))))
	r.failed = r.failed || !rfc9111.IsFinal(p.status) || p.received.IsZero()
	p.derive()
}

func (r *pageReader) freshness() (f rfc9111.Freshness, s sharing) {
	source := r.byte()
	r.failed = r.failed || source > byte(rfc9111.SourceHeuristic)
	f.Source = rfc9111.Source(source)
	all := flags(&f, &s)
	bits := r.count(1<<len(all) - 1)
	for i, set := range all {
		*set = bits>>i&1 != 0
	}
	for _, d := range [...]*time.Duration{&f.Lifetime, &f.StaleWhileRevalidate, &f.StaleIfError} {
		*d = r.duration()
	}
	return f, s
}

// pageReader reads the parts of an encoded page. After a failure it returns
// zero values.
type pageReader struct {
	rest   []byte
	failed bool
}

// bytes returns the next n bytes, which are a part of the data.
func (r *pageReader) bytes(n uint64) []byte {
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// count reads a number of at most limit.
func (r *pageReader) count(limit uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if r.failed || size <= 0 || n > limit {
		r.failed = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *pageReader) byte() byte {
	if b := r.bytes(1); !r.failed {
		return b[0]
	}
	return 0
}

// time reads a time, zero for none, and none after the year 9999.
func (r *pageReader) time() time.Time {
	const latest = 253402300799999
	if milli := r.count(latest); milli != 0 {
		return time.UnixMilli(int64(milli))
	}
	return time.Time{}
}

func (r *pageReader) duration() time.Duration {
	return time.Duration(r.count(math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
}

// part returns a copy of the next part.
func (r *pageReader) part() []byte {
	b := r.bytes(r.count(uint64(len(r.rest))))
	return append(make([]byte, 0, len(b)), b...)
}

func (r *pageReader) text() string { return string(r.bytes(r.count(uint64(len(r.rest))))) }

func (r *pageReader) texts() []string {
	var list []string
	for range r.count(uint64(len(r.rest))) {
		if r.failed {
			return nil
		}
		list = append(list, r.text())
	}
	return list
}
