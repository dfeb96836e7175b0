package middleware

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"

	"github.com/larder-go/larder/internal/pagecache/respwriter"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/rfc9111"
)

// page is an entry of the cache: a response, ready to be sent; or if index or
// tombstone is set what is known of a URL instead; or a list of purges. It never
// changes after it is stored, but for its last three fields.
type page struct {
	key     []byte // canonical; compared on a hit
	status  int
	fields  []field  // sorted by name
	removed []string // fields of outer middleware that the handler has deleted
	body    []byte

	requested time.Time         // when the run began that made it, by our clock
	received  time.Time         // when its header was there
	initial   time.Duration     // how old it was then
	fresh     rfc9111.Freshness // for how long it may be used
	sharing   sharing           // among whom

	// index is set for a URL that has variants: it says how to find one.
	index *variants

	// tombstone marks a URL that was invalidated: a run that began before, in
	// another process, finds something in place of nothing and does not store.
	// generation tells it from others.
	tombstone  bool
	generation string

	// purges is the list of purges by prefix, under a key of its own.
	purges []purgeRule

	// Derived from fields when the page is made or read.
	vary            []string
	contentEncoding []string
	validators      rfc9111.Validators
	cacheStatus     []string // of caches further in
	flat            []string // the lines of all fields, one after the other
	tellsBrowsers   bool     // for how long they may keep it

	// head is what the page was decoded by, if its head was known.
	head *decodedHead

	// rendered is shared by copies that are of the same age.
	rendered *atomic.Pointer[renderedAge]

	// stored and left are what a store in this process has told of the page.
	stored, left atomic.Bool
}

var _ driver.Tenant = (*page)(nil)

// Entered implements [driver.Tenant].
func (p *page) Entered() { p.stored.Store(true) }

// Left implements [driver.Tenant]. A page has one key; if it leaves that for
// another, it is not what it was.
func (p *page) Left() { p.left.Store(true) }

// isStored reports whether a store in this process has the page under its key. Of
// one in a store that does not tell, it is not known.
func (p *page) isStored() bool { return p.stored.Load() && !p.left.Load() }

// sharing is what a response says about requests with credentials.
type sharing struct{ public, sMaxAge, mustRevalidate bool }

func sharingOf(d *rfc9111.Directives) sharing {
	p := d.Permission()
	return sharing{p.Public, p.SMaxAge, p.MustRevalidate}
}

func (s sharing) permission() rfc9111.Permission {
	return rfc9111.Permission{Public: s.public, SMaxAge: s.sMaxAge, MustRevalidate: s.mustRevalidate}
}

// field is one header field with its lines, which are shared and never changed.
type field struct {
	name  string
	lines []string
	place place
}

// place is what becomes of a field where outer middleware has set the same.
type place uint8

const (
	placeSet   place = iota // it replaces theirs, unless it is one of [merged]
	placeAdded              // it goes behind theirs
	placeGuess              // nobody has said it, so it is left out
	places
)

// age is how old the page is (RFC 9111, section 4.2.3).
func (p *page) age(now time.Time) time.Duration {
	return rfc9111.CurrentAge(p.initial, p.received, now)
}

// isStaleAtBirth reports whether no other request could be given the page as it was
// when its header was there: each has to ask the handler.
func (p *page) isStaleAtBirth() bool { return p.fresh.NoCache || p.fresh.Lifetime <= p.initial }

// isValidatable reports whether the handler can be asked if it still holds.
func (p *page) isValidatable() bool {
	return p.validators.ETag != "" || !p.validators.LastModified.IsZero()
}

// CacheSize returns how many bytes the page takes in a store that is bounded by
// bytes.
func (p *page) CacheSize() int {
	const overhead = 512 // the struct, the slices' headers, the rendered age
	size := overhead + len(p.key) + len(p.body) + linesSize(p.cacheStatus)
	for _, f := range p.fields {
		size += 48 + 16*len(f.lines) + len(f.name) + linesSize(f.lines) // the lines are in flat, too
	}
	size += linesSize(p.removed)
	if p.index != nil {
		size += len(p.index.generation) + linesSize(p.index.names)
	}
	return size
}

func linesSize(lines []string) int {
	size := 16 * len(lines)
	for _, line := range lines {
		size += len(line)
	}
	return size
}

// newPage makes the entry of a response that may be stored, except for its body. e is
// what the handler has set, and sent the header of the response as a whole; they stay
// the caller's.
func newPage(key []byte, status int, e *respwriter.Edits, sent http.Header, requested, received time.Time, p *policy.Policy) *page {
	entry := &page{key: key, status: status, removed: e.Removed, requested: requested, received: received, rendered: new(atomic.Pointer[renderedAge])}
	control := p.Control(sent)
	entry.initial = rfc9111.InitialAge(sent, requested, received)
	entry.fresh = p.Freshness(&control, status, sent, received, entry.initial)
	entry.sharing = sharingOf(&control.Directives)
	header := e.Own.Clone()
	if header == nil {
		header = make(http.Header)
	}
	rfc9111.EnsureDate(header, received)
	p.Strip(header, &control)
	delete(header, "Age") // a hit writes its own
	if lines := header["Cache-Status"]; lines != nil && respwriter.Readable(lines) == nil {
		delete(header, "Cache-Status")
	}
	for name, lines := range header {
		f := field{name: name, lines: lines}
		switch {
		case slices.Contains(e.Added, name):
			f.place = placeAdded
		case e.Own[name] == nil && name == "Date":
			f.place = placeGuess
		}
		entry.fields = append(entry.fields, f)
	}
	slices.SortFunc(entry.fields, compareFields)
	entry.derive()
	return entry
}

func compareFields(a, b field) int { return strings.Compare(a.name, b.name) }

// complete gives the page its body, and what clients are told where the handler
// said nothing.
func (p *page) complete(body []byte, rules *policy.Policy) {
	p.body = body
	if rules.Face != policy.Shared {
		p.addField("Etag", func() string { return entityTag(body) })
	}
	if p.lines("Content-Encoding") == nil && len(body) > 0 {
		// What the server would find out at each hit, HEAD excepted.
		p.addField("Content-Type", func() string { return http.DetectContentType(body) })
	}
	if respwriter.BodyAllowed(p.status) {
		p.setLength()
	}
	p.derive()
}

// setLength makes Content-Length that of the body. A run whose body is shorter is
// not stored, and a longer one is cut off, so what is replaced is a field that is no
// length, or several of them (RFC 9110, 8.6).
func (p *page) setLength() {
	length := strconv.Itoa(len(p.body))
	p.addField("Content-Length", func() string { return length })
	for i := range p.fields {
		if f := &p.fields[i]; f.name == "Content-Length" && respwriter.Single(f.lines) != length {
			f.lines = []string{length}
		}
	}
}

// isWhole reports whether Content-Length says that the body is the whole one, or
// nothing. A response to which no body belongs may have that of another (RFC 9110,
// 8.6).
func (p *page) isWhole() bool {
	lines := p.lines("Content-Length")
	return len(lines) == 0 || !respwriter.BodyAllowed(p.status) || respwriter.Single(lines) == strconv.Itoa(len(p.body))
}

// addField adds a field unless the page has it.
func (p *page) addField(name string, value func() string) {
	i, found := slices.BinarySearchFunc(p.fields, field{name: name}, compareFields)
	if !found {
		p.fields = slices.Insert(p.fields, i, field{name, []string{value()}, placeGuess})
	}
}

// header returns the stored fields as a header. The lines are shared.
func (p *page) header() http.Header {
	h := make(http.Header, len(p.fields))
	for _, f := range p.fields {
		h[f.name] = f.lines
	}
	return h
}

// freshened returns the page as a 304 with this header, or the 200 to a HEAD, has
// made it (RFC 9111, sections 4.3.4 and 4.3.5).
func (p *page) freshened(from http.Header, requested, received time.Time, policy *policy.Policy) *page {
	header := p.header()
	// A handler leaves the Date to the server. That of the page is out of date.
	from = from.Clone()
	rfc9111.EnsureDate(from, received)
	rfc9111.Freshen(header, from)
	entry := newPage(p.key, p.status, &respwriter.Edits{Own: header, Removed: p.removed}, header, requested, received, policy)
	for i := range entry.fields {
		f := &entry.fields[i]
		if j, had := slices.BinarySearchFunc(p.fields, *f, compareFields); had && (f.name == "Date" || slices.Equal(f.lines, p.fields[j].lines)) {
			f.place = p.fields[j].place
		}
	}
	entry.complete(p.body, policy)
	entry.cacheStatus = p.cacheStatus
	return entry
}

// soft returns the page as it is once it was declared stale.
func (p *page) soft(now time.Time) *page {
	entry := p.clone()
	entry.fresh = softened(p.fresh, p.age(now))
	return entry
}

// clone returns a copy that shares what never changes.
func (p *page) clone() *page {
	entry := p.withBody(p.body)
	entry.fields = slices.Clone(p.fields)
	entry.rendered = new(atomic.Pointer[renderedAge])
	return entry
}

// withBody returns the page with another body. It shares all the rest.
func (p *page) withBody(body []byte) *page {
	return &page{
		key: p.key, status: p.status, fields: p.fields, removed: p.removed, body: body,
		requested: p.requested, received: p.received, initial: p.initial, fresh: p.fresh, sharing: p.sharing,
		vary: p.vary, contentEncoding: p.contentEncoding, validators: p.validators, cacheStatus: p.cacheStatus,
		flat: p.flat, tellsBrowsers: p.tellsBrowsers, rendered: p.rendered,
	}
}

// entityTag is a validator of the body. It is weak: middleware outside of the cache may
// send the same body compressed, under the same tag (RFC 9110, section 8.8.1).
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// derive fills in what is read from the fields. Cache-Status is taken out of
// them, since a hit writes its own behind it.
func (p *page) derive() {
	p.fields = slices.DeleteFunc(p.fields, func(f field) bool {
		if f.name == "Cache-Status" {
			p.cacheStatus = f.lines
		}
		return f.name == "Cache-Status"
	})
	p.flat = nil
	for _, f := range p.fields {
		p.flat = append(p.flat, f.lines...)
	}
	p.survey()
	p.validators = rfc9111.ValidatorsOf(p.header(), p.received)
}

// survey is the part of derive that is not stored with a page.
func (p *page) survey() {
	for _, f := range p.fields {
		switch f.name {
		case "Cache-Control", "Expires":
			p.tellsBrowsers = p.tellsBrowsers || len(f.lines) > 0
		case "Content-Encoding":
			p.contentEncoding = f.lines
		case "Vary":
			p.vary = rfc9111.FieldNames(f.lines)
		}
	}
}

func (p *page) lines(name string) []string {
	for _, f := range p.fields {
		if f.name == name {
			return f.lines
		}
	}
	return nil
}

// renderedAge are the lines of a hit that change from second to second, made
// once in each.
type renderedAge struct {
	age     int64 // seconds
	ageLine string
	status  []string // Cache-Status
	browser atomic.Pointer[browserLines]
}

// render returns the Age and Cache-Status lines of a hit at this age.
func (p *page) render(age time.Duration) *renderedAge {
	seconds := int64(age / time.Second)
	if r := p.rendered.Load(); r != nil && r.age == seconds {
		return r
	}
	var line [20]byte
	r := &renderedAge{
		age:     seconds,
		ageLine: string(rfc9111.AppendAge(line[:0], age)),
		status:  append(slices.Clip(p.cacheStatus), respwriter.StatusHit(int64((p.fresh.Lifetime-age)/time.Second))),
	}
	p.rendered.Store(r)
	return r
}

// purgedSoftly returns the entry as it is once it was declared stale.
func (p *page) purgedSoftly(now time.Time) *page {
	if p.index == nil {
		return p.soft(now)
	}
	index := *p.index
	index.softened = now
	return &page{key: p.key, index: &index, requested: p.requested, received: p.received}
}

// isSameEntry reports whether two pages are of the same run, though one may have been
// read from the store again.
func (p *page) isSameEntry(other *page) bool {
	return p == other || !p.tombstone && p.index == nil && bytes.Equal(p.key, other.key) &&
		p.requested.Equal(other.requested) && p.received.Equal(other.received) && p.validators.ETag == other.validators.ETag
}

// newTombstone returns what is left of the pages with that key, see [page].
func newTombstone(key []byte) *page {
	return &page{key: bytes.Clone(key), tombstone: true, requested: time.Now(), generation: rand.Text()}
}

// softWindow is for how long at least a page that was purged softly may be
// served while it is made anew.
const softWindow = time.Minute

// softened returns the freshness of a page that was declared stale when it had
// that age.
func softened(f rfc9111.Freshness, age time.Duration) rfc9111.Freshness {
	if age >= f.Lifetime {
		return f
	}
	f.Lifetime = age
	if !f.HasStaleWhileRevalidate {
		f.StaleWhileRevalidate = max(f.StaleWhileRevalidate, softWindow)
		// Whoever purges softly allows what s-maxage does not.
		f.HasStaleWhileRevalidate = true
	}
	return f
}

// browserLines are the lines by which a policy says how long browsers may keep a page of a
// certain age.
type browserLines struct {
	policy           *policy.Policy
	control, expires string
}
