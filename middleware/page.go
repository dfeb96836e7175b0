package middleware

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// page is a cached response, ready to be sent. It never changes after it is
// stored, but for rendered. If index is set there is no response: the URL has
// variants, and the index says how to find one.
type page struct {
	key     []byte // canonical; compared on a hit
	index   *variants
	status  int
	fields  []field // sorted by name
	body    []byte
	stored  time.Time
	expires time.Time

	// Derived from fields when the page is made or read.
	directives      rfc9111.Directives
	vary            []string
	contentEncoding []string
	lastModified    time.Time     // zero if the page does not say
	baseAge         time.Duration // what Age said when it was stored
	cacheStatus     []string      // of caches further in

	rendered atomic.Pointer[renderedAge]
}

// field is one header field with its lines, which are shared and never changed.
type field struct {
	name  string
	lines []string
}

// CacheSize returns how many bytes the page takes in a store that is bounded by
// bytes.
func (p *page) CacheSize() int {
	const overhead = 512 // the struct, the slices' headers, the rendered age
	size := overhead + len(p.key) + len(p.body) + linesSize(p.cacheStatus)
	for _, f := range p.fields {
		size += 48 + len(f.name) + linesSize(f.lines)
	}
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

// complete adds to the header of a response that is to be stored what clients
// are told where the handler said nothing.
func complete(header http.Header, body []byte, now time.Time) {
	if header["Date"] == nil {
		header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	if header["Etag"] == nil {
		header.Set("Etag", entityTag(body))
	}
	if _, set := header["Content-Type"]; !set && header["Content-Encoding"] == nil && len(body) > 0 {
		// What the server would find out at each hit, HEAD excepted.
		header.Set("Content-Type", http.DetectContentType(body))
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
}

// newPage makes the entry of a complete response that may be stored.
func newPage(key []byte, response recorded, now time.Time, p *policy) *page {
	header := response.header.Clone()
	strip(header, p)
	entry := &page{key: key, status: response.status, body: response.body, stored: now, expires: now.Add(p.ttl)}
	for name, lines := range header {
		entry.fields = append(entry.fields, field{name, lines})
	}
	slices.SortFunc(entry.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	entry.derive()
	return entry
}

// strip removes what must not be stored of a response that may be.
func strip(header http.Header, p *policy) {
	directives := rfc9111.ParseDirectives(header["Cache-Control"])
	for _, name := range directives.NoCacheFields {
		delete(header, name)
	}
	if p.stripSetCookie {
		delete(header, "Set-Cookie")
	}
	rfc9111.RemoveUnstorable(header)
}

// entityTag is a strong validator of the body.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// derive fills in what is read from the fields. Age and Cache-Status are taken
// out of them, since a hit writes its own.
func (p *page) derive() {
	p.fields = slices.DeleteFunc(p.fields, func(f field) bool {
		switch f.name {
		case "Age":
			p.baseAge = ageOf(f.lines)
			return true
		case "Cache-Status":
			p.cacheStatus = f.lines
			return true
		}
		return false
	})
	p.directives = rfc9111.ParseDirectives(p.lines("Cache-Control"))
	p.vary, _ = rfc9111.VaryNames(p.lines("Vary"))
	p.contentEncoding = p.lines("Content-Encoding")
	p.lastModified = parseLastModified(p.lines("Last-Modified"))
}

// parseLastModified returns the time in a Last-Modified field, zero if there is
// none.
func parseLastModified(lines []string) (t time.Time) {
	if len(lines) > 0 {
		t, _ = rfc9111.ParseDate(lines[0])
	}
	return t
}

// storedFields are the fields as derive found them.
func (p *page) storedFields() []field {
	fields := slices.Clip(p.fields)
	if p.baseAge > 0 {
		fields = append(fields, field{"Age", []string{strconv.FormatInt(int64(p.baseAge/time.Second), 10)}})
	}
	if p.cacheStatus != nil {
		fields = append(fields, field{"Cache-Status", p.cacheStatus})
	}
	return fields
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
}

// render returns the Age and Cache-Status lines of a hit.
func (p *page) render(now time.Time) *renderedAge {
	age := int64((now.Sub(p.stored) + p.baseAge) / time.Second)
	age = max(age, 0)
	if r := p.rendered.Load(); r != nil && r.age == age {
		return r
	}
	ttl := max(int64(p.expires.Sub(now)/time.Second), 0)
	r := &renderedAge{
		age:     age,
		ageLine: strconv.FormatInt(age, 10),
		status:  slices.Concat(p.cacheStatus, []string{statusHit(ttl)}),
	}
	p.rendered.Store(r)
	return r
}
