package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/rfc9111"
)

// KeyNote is told of the parts of a key, see [Explain]. It is nil otherwise.
type KeyNote func(part string, lines []string)

func (note KeyNote) AppendPart(dst []byte, part, value string) []byte {
	if note != nil {
		note(part, []string{value})
	}
	return keys.AppendPart(dst, value)
}

// AppendLines appends the lines of one field so that no two lists of lines look
// alike: none, one empty line, "a, b" and "a" before "b" are four.
func (note KeyNote) AppendLines(dst []byte, field string, lines []string) []byte {
	if note != nil {
		note(field, lines)
	}
	dst = binary.AppendUvarint(dst, uint64(len(lines)))
	for _, line := range lines {
		dst = keys.AppendPart(dst, line)
	}
	return dst
}

// clientKind is which of the entries of a URL a request is answered from.
type clientKind uint8

const (
	ofCredentials clientKind = 1 << iota // the request has some
	ofSpelling                           // the URL is not in normal form
	ClientKinds
)

func (k clientKind) String() string {
	return [ClientKinds]string{"anonymous", "credentials", "anonymous, other spelling", "credentials, other spelling"}[k]
}

// kindOfClient is the kind of a request for a target.
func (p *Policy) kindOfClient(t *Target, credentials bool) (k clientKind) {
	if credentials && p.Mode != Shared {
		k |= ofCredentials
	}
	if t.spelling != "" {
		k |= ofSpelling
	}
	return k
}

// AppendPrimary appends what a page is found and purged by. Requests with
// credentials have entries of their own, so that those without never wait for
// theirs; but in a shared cache, where the RFC has one for both. So have those by
// another spelling than the normal one: a client could otherwise make a page with
// variants of any other. All spellings share that entry, as variants of it, so that
// their number is bounded.
func (p *Policy) AppendPrimary(dst []byte, kind clientKind, t Target, note KeyNote) []byte {
	dst = note.AppendPart(dst, "key prefix", p.KeyPrefix)
	dst = note.AppendPart(dst, "kind of client", kind.String())
	dst = note.AppendPart(dst, "method", http.MethodGet) // HEAD is answered from the same entry
	dst = note.AppendPart(dst, "scheme", t.Scheme)
	dst = note.AppendPart(dst, "host", t.Host)
	dst = note.AppendPart(dst, "path", t.Path)
	return note.AppendPart(dst, "query", t.Query)
}

// AppendKey appends the canonical key of the page: everything that it may depend
// on without saying so in Vary. What is behind the first primaryLen bytes is
// mostly the same for all requests for a URL; if it is not, there are variants.
func (p *Policy) AppendKey(dst []byte, r *http.Request, j *RequestInfo) (canonical []byte, primaryLen int) {
	dst = p.AppendPrimary(dst, p.kindOfClient(&j.Target, !j.Credentials.None()), j.Target, j.Note)
	primaryLen = len(dst)
	if j.Target.spelling != "" {
		dst = j.Note.AppendPart(dst, "URL as received", j.Target.spelling)
	}
	// Outer middleware may have rewritten the URL.
	dst = j.Note.AppendPart(dst, "handler's scheme", j.url.Scheme)
	dst = j.Note.AppendPart(dst, "handler's host", strings.ToLower(j.url.Host))
	dst = j.Note.AppendPart(dst, "handler's path", j.url.Path)
	dst = j.Note.AppendPart(dst, "handler's escaped path", j.url.RawPath)
	dst = j.Note.AppendPart(dst, "handler's query", j.url.RawQuery)
	if j.Trusted {
		dst = j.Note.AppendPart(dst, "Host", j.hosts.fold(j.Target.Scheme, r.Host))
		for _, name := range Believed {
			dst = j.Note.AppendLines(dst, name, j.hosts.foldLines(j.Target.Scheme, name, r.Header[name]))
		}
	}
	from := len(dst)
	dst = binary.AppendUvarint(dst, uint64(len(j.KeyCookies)))
	for _, c := range j.KeyCookies {
		dst = j.Note.AppendPart(dst, "Cookie", c.pair)
	}
	for _, v := range p.VaryValues {
		value := v.Of(r)
		if p.NotesValues {
			a := AttachmentOf(r)
			a.Answers = append(a.Answers, value)
		}
		dst = keys.AppendPart(dst, v.Name) // the same value of something else is another page's
		dst = j.Note.AppendPart(dst, v.Part, value)
	}
	if len(p.When) > 0 {
		// A page around this one, under the same key, may not know what it bypasses.
		dst = j.Note.AppendPart(dst, "conditions of When", strconv.Itoa(len(p.When)))
	}
	dst = j.Note.appendCredentials(dst, r, j.KeyCredentials)
	if len(j.KeyCookies)+len(p.VaryValues) > 0 {
		dst = seal(dst, from)
	}
	return AppendSelecting(dst, r.Header, j, SelectingNames(j.Vary)), primaryLen
}

func AppendSelecting(dst []byte, header http.Header, j *RequestInfo, names []string) []byte {
	for _, name := range names {
		dst = keys.AppendPart(dst, name)
		lines := j.Selecting(header, name)
		if j.normalize && len(lines) > 0 && !hasManyElements(lines, ",") {
			lines = []string{rfc9111.NormalizeField(name, lines)}
		}
		from := len(dst)
		if dst = j.Note.AppendLines(dst, name, lines); len(lines) > 0 && !isNegotiation(name) {
			dst = seal(dst, from)
		}
	}
	return dst
}

// isNegotiation reports whether a field says what its client can make use of (RFC 9110,
// section 12.5) or what kind of client it is. Nobody is that client by knowing it.
func isNegotiation(name string) bool {
	switch name {
	case "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Origin", "User-Agent":
		return true
	}
	return false
}

// seal puts a digest instead of what is behind the first bytes of a key. The key is
// stored with the page, and whoever can read a store must not learn from it by which
// cookie or token a page was selected, which is all it takes to be that user.
func seal(key []byte, first int) []byte {
	sum := sha256.Sum256(key[first:])
	return keys.AppendPart(key[:first], sum[:])
}

// SelectingNames are the names in a Vary field that select a variant. The host
// is in the key of every page.
func SelectingNames(vary []string) []string {
	return slices.DeleteFunc(slices.Clone(vary), func(name string) bool { return name == "Host" })
}

func ContainsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}

// Without returns the names that are not among others.
func Without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
