package page

import (
	"bytes"
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
	"github.com/larder-go/larder/internal/rfc9111"
)

// Page is a response, ready to be sent.
type Page struct {
	Key     []byte // canonical; compared on a hit
	Status  int
	Fields  []Field  // sorted by name
	Removed []string // fields of outer middleware that the handler has deleted
	Body    []byte

	Requested time.Time         // when the run began that made it, by our clock
	Received  time.Time         // when its header was there
	Initial   time.Duration     // how old it was then
	Fresh     rfc9111.Freshness // for how long it may be used
	Sharing   sharing           // among whom

	// Derived from fields when the page is made or read.
	Vary                  []string
	ContentEncoding       []string
	Validators            rfc9111.Validators
	CacheStatus           []string // of inner caches
	Flat                  []string // the lines of all fields, one after the other
	StatesBrowserLifetime bool     // for how long they may keep it

	// Head is what the page was decoded by, if its head was known.
	Head *DecodedHead

	// rendered is shared by pages that were decoded by one head. Others have their own.
	rendered    *atomic.Pointer[RenderedAge]
	ownRendered atomic.Pointer[RenderedAge]

	presence
}

// Canonical implements [Entry].
func (p *Page) Canonical() []byte { return p.Key }

// Begun implements [Entry].
func (p *Page) Begun() time.Time { return p.Requested }

// sharing is what a response says about requests with credentials.
type sharing struct{ Public, sMaxAge, mustRevalidate bool }

func sharingOf(d *rfc9111.Directives) sharing {
	p := d.Permission()
	return sharing{p.Public, p.SMaxAge, p.MustRevalidate}
}

func (s sharing) Permission() rfc9111.Permission {
	return rfc9111.Permission{Public: s.Public, SMaxAge: s.sMaxAge, MustRevalidate: s.mustRevalidate}
}

// Field is one header field with its lines, which are shared and never changed.
type Field struct {
	Name  string
	Lines []string
	Merge merge
}

// merge says how a field is combined with one that outer middleware has set.
type merge uint8

const (
	MergeReplace merge = iota // it replaces theirs, unless it is one of [merged]
	MergeAppend               // it goes behind theirs
	MergeDefault              // nobody has said it, so it is left out
	merges
)

// Age is how old the page is (RFC 9111, section 4.2.3).
func (p *Page) Age(now time.Time) time.Duration {
	return rfc9111.CurrentAge(p.Initial, p.Received, now)
}

// IsStaleAtBirth reports whether no other request could be given the page as it was
// when its header was there: each has to ask the handler.
func (p *Page) IsStaleAtBirth() bool { return p.Fresh.NoCache || p.Fresh.Lifetime <= p.Initial }

// IsValidatable reports whether the handler can be asked if it still holds.
func (p *Page) IsValidatable() bool {
	return p.Validators.ETag != "" || !p.Validators.LastModified.IsZero()
}

// CacheSize implements [Entry].
func (p *Page) CacheSize() int {
	size := overhead + len(p.Key) + len(p.Body) + LinesSize(p.CacheStatus)
	for _, f := range p.Fields {
		size += 48 + 16*len(f.Lines) + len(f.Name) + LinesSize(f.Lines) // the lines are in flat, too
	}
	return size + LinesSize(p.Removed)
}

// LinesSize is how many bytes lines take.
func LinesSize(lines []string) int {
	size := 16 * len(lines)
	for _, line := range lines {
		size += len(line)
	}
	return size
}

// New makes the entry of a response that may be stored, except for its body. e is
// what the handler has set, and sent the header of the response as a whole; they stay
// the caller's, and their lines must not change before Complete or Flatten.
func New(key []byte, status int, e *respwriter.Edits, sent http.Header, requested, received time.Time, p *policy.Policy) *Page {
	entry := &Page{Key: key, Status: status, Removed: e.Removed, Requested: requested, Received: received}
	entry.rendered = &entry.ownRendered
	control := p.Control(sent)
	entry.Initial = rfc9111.InitialAge(sent, requested, received)
	entry.Fresh = p.Freshness(&control, status, sent, received, entry.Initial)
	entry.Sharing = sharingOf(&control.Directives)
	entry.setFields(e, p.StrippedOf(e.Own, &control))
	entry.derive()
	return entry
}

// setFields gives the page the fields that are stored of a response, and a Date.
func (p *Page) setFields(e *respwriter.Edits, stripped policy.Stripped) {
	said := e.Own["Date"]
	if stripped.Has("Date") {
		said = nil
	}
	date := Field{Name: "Date", Lines: rfc9111.DateLines(said, p.Received)}
	if said == nil {
		date.Merge = MergeDefault
	}
	p.Fields = append(make([]Field, 0, len(e.Own)+addedFields), date)
	for name, lines := range e.Own {
		switch {
		case name == "Date", name == "Age": // a hit writes its own
		case name == "Cache-Status" && respwriter.Readable(lines) == nil, stripped.Has(name):
		default:
			f := Field{Name: name, Lines: lines}
			if slices.Contains(e.Added, name) {
				f.Merge = MergeAppend
			}
			p.Fields = append(p.Fields, f)
		}
	}
	slices.SortFunc(p.Fields, compareFields)
}

// addedFields is how many fields are not in the header of a response, and may be in a page:
// Date, and what Complete adds.
const addedFields = 4

func compareFields(a, b Field) int { return strings.Compare(a.Name, b.Name) }

// Complete gives the page its body, and what clients are told where the handler
// said nothing.
func (p *Page) Complete(body []byte, rules *policy.Policy) {
	p.Body = body
	// The lines that are added, and then those of all fields.
	room := make([]string, 0, p.countLines()+2*addedFields)
	if rules.Mode != policy.Shared {
		room = p.addField(room, "Etag", func() string { return EntityTag(body) })
	}
	if p.Lines("Content-Encoding") == nil && len(body) > 0 {
		// What the server would find out at each hit, HEAD excepted.
		room = p.addField(room, "Content-Type", func() string { return http.DetectContentType(body) })
	}
	if respwriter.BodyAllowed(p.Status) {
		room = p.setLength(room)
	}
	p.flattenInto(room[len(room):])
}

// setLength makes Content-Length that of the body. A run whose body is shorter is
// not stored, and a longer one is cut off, so what is replaced is a field that is no
// length, or several of them (RFC 9110, 8.6).
func (p *Page) setLength(room []string) []string {
	var digits [20]byte
	length := strconv.AppendInt(digits[:0], int64(len(p.Body)), 10)
	room = p.addField(room, "Content-Length", func() string { return string(length) })
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Name == "Content-Length" && respwriter.Single(f.Lines) != string(length) {
			f.Lines = []string{string(length)}
		}
	}
	return room
}

// isWhole reports whether Content-Length says that the body is the whole one, or
// nothing. A response to which no body belongs may have that of another (RFC 9110,
// 8.6).
func (p *Page) isWhole() bool {
	lines := p.Lines("Content-Length")
	return len(lines) == 0 || !respwriter.BodyAllowed(p.Status) || respwriter.Single(lines) == strconv.Itoa(len(p.Body))
}

// addField adds a field unless the page has it, with its line in room, which it returns.
func (p *Page) addField(room []string, name string, value func() string) []string {
	i, found := slices.BinarySearchFunc(p.Fields, Field{Name: name}, compareFields)
	if found {
		return room
	}
	n := len(room)
	room = append(room, value())
	p.Fields = slices.Insert(p.Fields, i, Field{name, room[n : n+1 : n+1], MergeDefault})
	return room
}

// Header returns the stored fields as a header. The lines are shared.
func (p *Page) Header() http.Header {
	h := make(http.Header, len(p.Fields))
	for _, f := range p.Fields {
		h[f.Name] = f.Lines
	}
	return h
}

// Freshened returns the page as a 304 with this header, or the 200 to a HEAD, has
// made it (RFC 9111, sections 4.3.4 and 4.3.5).
func (p *Page) Freshened(from http.Header, requested, received time.Time, policy *policy.Policy) *Page {
	header := p.Header()
	// A handler leaves the Date to the server. That of the page is out of date.
	from = from.Clone()
	rfc9111.EnsureDate(from, received)
	rfc9111.Freshen(header, from)
	entry := New(p.Key, p.Status, &respwriter.Edits{Own: header, Removed: p.Removed}, header, requested, received, policy)
	for i := range entry.Fields {
		f := &entry.Fields[i]
		if j, had := slices.BinarySearchFunc(p.Fields, *f, compareFields); had && (f.Name == "Date" || slices.Equal(f.Lines, p.Fields[j].Lines)) {
			f.Merge = p.Fields[j].Merge
		}
	}
	entry.Complete(p.Body, policy)
	entry.CacheStatus = p.CacheStatus
	return entry
}

// PurgedSoftly returns the page as it is once it was declared stale.
func (p *Page) PurgedSoftly(now time.Time) *Page {
	entry := p.Clone()
	entry.Fresh = MarkedStale(p.Fresh, p.Age(now))
	return entry
}

// Clone returns a copy that shares what never changes.
func (p *Page) Clone() *Page {
	entry := p.withBody(p.Body)
	entry.Fields = slices.Clone(p.Fields)
	entry.rendered = &entry.ownRendered
	return entry
}

// withBody returns the page with another body. It shares all the rest.
func (p *Page) withBody(body []byte) *Page {
	return &Page{
		Key: p.Key, Status: p.Status, Fields: p.Fields, Removed: p.Removed, Body: body,
		Requested: p.Requested, Received: p.Received, Initial: p.Initial, Fresh: p.Fresh, Sharing: p.Sharing,
		Vary: p.Vary, ContentEncoding: p.ContentEncoding, Validators: p.Validators, CacheStatus: p.CacheStatus,
		Flat: p.Flat, StatesBrowserLifetime: p.StatesBrowserLifetime, rendered: p.rendered,
	}
}

// EntityTag is a validator of the body. It is weak: middleware outside of the cache may
// send the same body compressed, under the same tag (RFC 9110, section 8.8.1).
func EntityTag(body []byte) string {
	sum := sha256.Sum256(body)
	tag := append(make([]byte, 0, 32), `W/"`...)
	tag = base64.RawURLEncoding.AppendEncode(tag, sum[:16])
	return string(append(tag, '"'))
}

// Flatten copies the lines of all fields into one piece of memory, from which they are sent,
// so that they are the page's own. Complete does that, too.
func (p *Page) Flatten() { p.flattenInto(make([]string, 0, p.countLines())) }

func (p *Page) countLines() (count int) {
	for _, f := range p.Fields {
		count += len(f.Lines)
	}
	return count
}

// flattenInto is Flatten with memory that is empty and large enough.
func (p *Page) flattenInto(room []string) {
	p.Flat = room
	for i := range p.Fields {
		f, from := &p.Fields[i], len(p.Flat)
		p.Flat = append(p.Flat, f.Lines...)
		f.Lines = p.Flat[from:len(p.Flat):len(p.Flat)]
	}
	p.derive()
}

// derive fills in what is read from the fields. Cache-Status is taken out of them, since a
// hit writes its own behind it.
func (p *Page) derive() {
	p.Fields = slices.DeleteFunc(p.Fields, func(f Field) bool {
		if f.Name == "Cache-Status" {
			p.CacheStatus = slices.Clone(f.Lines)
		}
		return f.Name == "Cache-Status"
	})
	p.survey()
	p.Validators = rfc9111.ValidatorsOf(map[string][]string{
		"Etag": p.Lines("Etag"), "Last-Modified": p.Lines("Last-Modified"), "Date": p.Lines("Date"),
	}, p.Received)
}

// survey is the part of derive that is not stored with a page.
func (p *Page) survey() {
	for _, f := range p.Fields {
		switch f.Name {
		case "Cache-Control", "Expires":
			p.StatesBrowserLifetime = p.StatesBrowserLifetime || len(f.Lines) > 0
		case "Content-Encoding":
			p.ContentEncoding = f.Lines
		case "Vary":
			p.Vary = rfc9111.FieldNames(f.Lines)
		}
	}
}

func (p *Page) Lines(name string) []string {
	for _, f := range p.Fields {
		if f.Name == name {
			return f.Lines
		}
	}
	return nil
}

// RenderedAge are the lines of a hit that change from second to second, made
// once in each.
type RenderedAge struct {
	Age     int64 // seconds
	AgeLine string
	Status  []string // Cache-Status
	Browser atomic.Pointer[BrowserLines]
}

// Render returns the Age and Cache-Status lines of a hit at this age.
func (p *Page) Render(age time.Duration) *RenderedAge {
	seconds := int64(age / time.Second)
	if r := p.rendered.Load(); r != nil && r.Age == seconds {
		return r
	}
	var line [20]byte
	r := &RenderedAge{
		Age:     seconds,
		AgeLine: string(rfc9111.AppendAge(line[:0], age)),
		Status:  append(slices.Clip(p.CacheStatus), respwriter.StatusHit(int64((p.Fresh.Lifetime-age)/time.Second))),
	}
	p.rendered.Store(r)
	return r
}

// IsSame reports whether two pages are of the same run, though one may have been read from
// the store again.
func (p *Page) IsSame(other *Page) bool {
	return p == other || bytes.Equal(p.Key, other.Key) &&
		p.Requested.Equal(other.Requested) && p.Received.Equal(other.Received) && p.Validators.ETag == other.Validators.ETag
}

// SoftWindow is for how long at least a page that was purged softly may be
// served while it is refreshed.
const SoftWindow = time.Minute

// MarkedStale returns the freshness of a page that was declared stale when it had
// that age.
func MarkedStale(f rfc9111.Freshness, age time.Duration) rfc9111.Freshness {
	if age >= f.Lifetime {
		return f
	}
	f.Lifetime = age
	if !f.HasStaleWhileRevalidate {
		f.StaleWhileRevalidate = max(f.StaleWhileRevalidate, SoftWindow)
		// Whoever purges softly allows what s-maxage does not.
		f.HasStaleWhileRevalidate = true
	}
	return f
}

// BrowserLines are the lines by which a policy says how long browsers may keep a page of a
// certain age.
type BrowserLines struct {
	Policy           *policy.Policy
	Control, Expires string
}
