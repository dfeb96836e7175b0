package page

import (
	"encoding/binary"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// fewLines is for how many lines or fields memory is taken at once: damaged data
// may claim as many as it has bytes.
const fewLines = 64

var errPage = errors.New("truncated or malformed")

// decode reads what [Codec.Append] wrote.
func decode(data []byte) (Entry, error) {
	r := pageReader{data: data}
	if r.version = r.byte(); r.version != pageVersion && r.version != oldPageVersion {
		return nil, errPage
	}
	kind, body := r.byte(), r.cutBody()
	if r.failed {
		return nil, errPage
	}
	if known := knownHead(r.data); known != nil {
		p := known.Page.withBody(body)
		p.Head = known
		return p, nil
	}
	r.text = string(r.data)
	entry := r.entry(kind, body)
	if entry == nil || r.failed || r.left() > 0 || kind != kindPage && len(body) > 0 {
		return nil, errPage
	}
	if p, ok := entry.(*Page); ok {
		if !p.isWhole() {
			return nil, errPage
		}
		p.rendered = new(atomic.Pointer[RenderedAge])
		rememberHead(r.text, p)
	}
	return entry, nil
}

// entry reads an entry of a kind, or returns nil for one that is none.
func (r *pageReader) entry(kind byte, body []byte) Entry {
	key := r.part()
	switch kind {
	case kindPage:
		p := &Page{Key: key, Body: body}
		r.response(p)
		return p
	case kindIndex:
		return &Index{Key: key, Variants: &Variants{Generation: r.string(), MarkedStale: r.time(), Names: r.strings()}}
	case kindTombstone:
		return &Tombstone{Key: key, At: r.time(), ID: r.string()}
	case kindPurges:
		return &Purges{Rules: r.purges()}
	}
	return nil
}

func (r *pageReader) response(p *Page) {
	p.Status = int(r.count(599))
	p.Requested, p.Received = r.time(), r.time()
	p.Initial = r.duration()
	p.Fresh, p.Sharing = r.freshness()
	p.Validators.LastModified, p.Validators.Date = r.date(), r.date()
	p.CacheStatus = r.strings()
	if r.version > oldPageVersion {
		p.Removed = r.strings()
	}
	r.fields(p)
	p.Validators.ETag = rfc9111.ParseETag(p.Lines("Etag"))
	p.survey()
	r.failed = r.failed || !rfc9111.IsFinal(p.Status) || p.Received.IsZero()
}

// fields reads the fields of p, whose lines are parts of one slice.
func (r *pageReader) fields(p *Page) {
	n, lines := r.count(r.left()), r.count(r.left())
	p.Fields, p.Flat = make([]Field, 0, min(n, fewLines)), make([]string, 0, min(lines, fewLines))
	for ; n > 0 && !r.failed; n-- {
		how := MergeReplace
		if r.version > oldPageVersion {
			how = r.merge()
		}
		name, from := r.string(), len(p.Flat)
		for more := r.count(lines - uint64(from)); more > 0 && !r.failed; more-- {
			p.Flat = append(p.Flat, r.string())
		}
		to := len(p.Flat)
		p.Fields = append(p.Fields, Field{name, p.Flat[from:to:to], how})
	}
	r.failed = r.failed || uint64(len(p.Flat)) != lines
}

func (r *pageReader) merge() merge {
	p := merge(r.byte())
	r.failed = r.failed || p >= merges
	return p
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

func (r *pageReader) purges() []PurgeRule {
	n := r.count(r.left())
	rules := make([]PurgeRule, 0, min(n, MaxRules))
	for range n {
		texts := r.strings()
		if r.failed || len(texts) != 4 {
			r.failed = true
			break
		}
		rules = append(rules, PurgeRule{KeyPrefix: texts[0], Scheme: texts[1], Host: texts[2], Path: texts[3], At: r.time(), Soft: r.byte() == 1})
	}
	return rules
}

// pageReader reads the parts of an encoded page. After a failure it returns
// zero values.
type pageReader struct {
	data    []byte // except the body
	text    string // the same, for strings to be cut from
	at      int
	version byte
	failed  bool
}

// left is how many bytes are still to be read.
func (r *pageReader) left() uint64 { return uint64(len(r.data) - r.at) }

// cutBody takes the body from the end of the data.
func (r *pageReader) cutBody() []byte {
	n := r.count(r.left())
	if n > r.left() {
		r.failed = true
		return nil
	}
	head := len(r.data) - int(n)
	body := r.data[head:]
	r.data = r.data[:head]
	return body
}

// count reads a number of at most limit.
func (r *pageReader) count(limit uint64) uint64 {
	n, size := binary.Uvarint(r.data[r.at:])
	if r.failed || size <= 0 || n > limit {
		r.failed = true
		return 0
	}
	r.at += size
	return n
}

// span reads a length and goes on behind as many bytes, which are those between
// from and to.
func (r *pageReader) span() (from, to int) {
	n := r.count(r.left())
	if n > r.left() {
		r.failed = true
		return 0, 0
	}
	from = r.at
	r.at += int(n)
	return from, r.at
}

func (r *pageReader) byte() byte {
	if r.failed || r.left() == 0 {
		r.failed = true
		return 0
	}
	r.at++
	return r.data[r.at-1]
}

// time reads a time, zero for none, and none after the year 9999.
func (r *pageReader) time() time.Time {
	const latest = 253402300799999
	if milli := r.count(latest); milli != 0 {
		return time.UnixMilli(int64(milli))
	}
	return time.Time{}
}

// date reads a time of whole seconds between the years 1 and 9999. That of the
// zero time is the zero time.
func (r *pageReader) date() time.Time {
	const earliest, latest = -62135596800, 253402300799
	seconds, size := binary.Varint(r.data[r.at:])
	if r.failed || size <= 0 || seconds < earliest || seconds > latest {
		r.failed = true
		return time.Time{}
	}
	r.at += size
	return time.Unix(seconds, 0).UTC()
}

func (r *pageReader) duration() time.Duration {
	return time.Duration(r.count(math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
}

// part returns the next part, which shares the memory of the data.
func (r *pageReader) part() []byte {
	from, to := r.span()
	return r.data[from:to:to]
}

func (r *pageReader) string() string {
	from, to := r.span()
	return r.text[from:to]
}

func (r *pageReader) strings() []string {
	n := r.count(r.left())
	if n == 0 {
		return nil
	}
	list := make([]string, 0, min(n, fewLines))
	for ; n > 0 && !r.failed; n-- {
		list = append(list, r.string())
	}
	return list
}
