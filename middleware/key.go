package middleware

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

// keyNote is told of the parts of a key, see [Explain]. It is nil otherwise.
type keyNote func(part string, lines []string)

func (note keyNote) appendPart(dst []byte, part, value string) []byte {
	if note != nil {
		note(part, []string{value})
	}
	return keys.AppendPart(dst, value)
}

// appendLines appends the lines of one field so that no two lists of lines look
// alike: none, one empty line, "a, b" and "a" before "b" are four.
func (note keyNote) appendLines(dst []byte, field string, lines []string) []byte {
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
	clientKinds
)

func (k clientKind) String() string {
	return [clientKinds]string{"anonymous", "credentials", "anonymous, other spelling", "credentials, other spelling"}[k]
}

// kindOfClient is the kind of a request for a target.
func (p *policy) kindOfClient(t *target, credentials bool) (k clientKind) {
	if credentials && p.face != shared {
		k |= ofCredentials
	}
	if t.spelling != "" {
		k |= ofSpelling
	}
	return k
}

// appendPrimary appends what a page is found and purged by. Requests with
// credentials have entries of their own, so that those without never wait for
// theirs; but in a shared cache, where the RFC has one for both. So have those by
// another spelling than the normal one: a client could otherwise make a page with
// variants of any other. All spellings share that entry, as variants of it, so that
// their number is bounded.
func (p *policy) appendPrimary(dst []byte, kind clientKind, t target, note keyNote) []byte {
	dst = note.appendPart(dst, "key prefix", p.keyPrefix)
	dst = note.appendPart(dst, "kind of client", kind.String())
	dst = note.appendPart(dst, "method", http.MethodGet) // HEAD is answered from the same entry
	dst = note.appendPart(dst, "scheme", t.scheme)
	dst = note.appendPart(dst, "host", t.host)
	dst = note.appendPart(dst, "path", t.path)
	return note.appendPart(dst, "query", t.query)
}

// appendKey appends the canonical key of the page: everything that it may depend
// on without saying so in Vary. What is behind the first primaryLen bytes is
// mostly the same for all requests for a URL; if it is not, there are variants.
func (p *policy) appendKey(dst []byte, r *http.Request, j *judgement) (canonical []byte, primaryLen int) {
	dst = p.appendPrimary(dst, p.kindOfClient(&j.target, !j.credentials.None()), j.target, j.note)
	primaryLen = len(dst)
	if j.target.spelling != "" {
		dst = j.note.appendPart(dst, "URL as received", j.target.spelling)
	}
	// Middleware further out may have rewritten the URL.
	dst = j.note.appendPart(dst, "handler's scheme", j.url.Scheme)
	dst = j.note.appendPart(dst, "handler's host", strings.ToLower(j.url.Host))
	dst = j.note.appendPart(dst, "handler's path", j.url.Path)
	dst = j.note.appendPart(dst, "handler's escaped path", j.url.RawPath)
	dst = j.note.appendPart(dst, "handler's query", j.url.RawQuery)
	if j.trusted {
		dst = j.note.appendPart(dst, "Host", j.hosts.fold(j.target.scheme, r.Host))
		for _, name := range believed {
			dst = j.note.appendLines(dst, name, j.hosts.foldLines(j.target.scheme, name, r.Header[name]))
		}
	}
	from := len(dst)
	dst = binary.AppendUvarint(dst, uint64(len(j.keyCookies)))
	for _, c := range j.keyCookies {
		dst = j.note.appendPart(dst, "Cookie", c.pair)
	}
	for _, v := range p.varyValues {
		value := v.of(r)
		if p.notesValues {
			a := attachmentOf(r)
			a.answers = append(a.answers, value)
		}
		dst = keys.AppendPart(dst, v.name) // the same value of something else is another page's
		dst = j.note.appendPart(dst, v.part, value)
	}
	if len(p.when) > 0 {
		// A page around this one, under the same key, may not know what it bypasses.
		dst = j.note.appendPart(dst, "conditions of When", strconv.Itoa(len(p.when)))
	}
	dst = j.note.appendApart(dst, r, j.apart)
	if len(j.keyCookies)+len(p.varyValues) > 0 {
		dst = seal(dst, from)
	}
	return appendSelecting(dst, r.Header, j, selectingNames(j.vary)), primaryLen
}

func appendSelecting(dst []byte, header http.Header, j *judgement, names []string) []byte {
	for _, name := range names {
		dst = keys.AppendPart(dst, name)
		lines := j.selecting(header, name)
		if j.normalize && len(lines) > 0 && !hasManyElements(lines, ",") {
			lines = []string{rfc9111.NormalizeField(name, lines)}
		}
		from := len(dst)
		if dst = j.note.appendLines(dst, name, lines); len(lines) > 0 && !isNegotiation(name) {
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

// seal puts a digest in place of what is behind the first bytes of a key. The key is
// stored with the page, and whoever can read a store must not learn from it by which
// cookie or token a page was selected, which is all it takes to be that user.
func seal(key []byte, first int) []byte {
	sum := sha256.Sum256(key[first:])
	return keys.AppendPart(key[:first], sum[:])
}

// selectingNames are the names in a Vary field that select a variant. The host
// is in the key of every page.
func selectingNames(vary []string) []string {
	return slices.DeleteFunc(slices.Clone(vary), func(name string) bool { return name == "Host" })
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}

// without returns the names that are not among others.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
