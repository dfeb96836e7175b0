package middleware

import (
	"encoding/binary"
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/rfc9111"
)

// pageKey is the key of a page in the cache, made of its canonical key.
func pageKey(canonical []byte) string {
	const prefix = "page:"
	var key [len(prefix) + keys.HashSize]byte
	return string(keys.AppendHash(append(key[:0], prefix...), canonical))
}

// target is the URL by which people know a page, and purge it.
type target struct {
	scheme string // http or https
	host   string // in lower case, with a port unless it is the scheme's own
	path   string // as received, with its escapes
	query  string // what of it counts
}

// appendPrimary appends what a page is found and purged by. Requests with
// credentials have entries of their own, so that those without never wait for
// theirs; but in a shared cache, where the RFC has one for both.
func (p *policy) appendPrimary(dst []byte, credentials bool, t target) []byte {
	class := "anonymous"
	if credentials {
		class = "credentials"
	}
	// HEAD is answered from the same entry as GET.
	for _, part := range [...]string{p.keyPrefix, class, http.MethodGet, t.scheme, t.host, t.path, t.query} {
		dst = keys.AppendPart(dst, part)
	}
	return dst
}

// appendKey appends the canonical key of the page: everything that it may depend
// on without saying so in Vary. What is behind the first primaryLen bytes is
// mostly the same for all requests for a URL; if it is not, there are variants.
func (p *policy) appendKey(dst []byte, r *http.Request, j *judgement) (canonical []byte, primaryLen int) {
	dst = p.appendPrimary(dst, p.face != shared && !j.credentials.None(), j.target)
	primaryLen = len(dst)
	// Middleware further out may have rewritten the URL.
	for _, part := range [...]string{j.url.Scheme, strings.ToLower(j.url.Host), j.url.Path, j.url.RawPath, j.url.RawQuery} {
		dst = keys.AppendPart(dst, part)
	}
	if j.trusted {
		dst = keys.AppendPart(dst, r.Host)
		for _, name := range believed {
			dst = appendLines(dst, r.Header[name])
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(j.keyCookies)))
	for _, c := range j.keyCookies {
		dst = keys.AppendPart(dst, c.pair)
	}
	for _, value := range p.varyValues {
		dst = keys.AppendPart(dst, value(r))
	}
	return appendSelecting(dst, r.Header, j, selectingNames(j.vary)), primaryLen
}

// appendLines appends the lines of one field so that no two lists of lines look
// alike: none, one empty line, "a, b" and "a" before "b" are four.
func appendLines(dst []byte, lines []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(lines)))
	for _, line := range lines {
		dst = keys.AppendPart(dst, line)
	}
	return dst
}

// appendVariant appends the values of the fields that the page varies on to its
// canonical key. header is the request's.
func appendVariant(dst []byte, header http.Header, j *judgement, index *variants) []byte {
	dst = keys.AppendPart(dst, index.generation)
	return appendSelecting(dst, header, j, index.names)
}

func appendSelecting(dst []byte, header http.Header, j *judgement, names []string) []byte {
	for _, name := range names {
		dst = keys.AppendPart(dst, name)
		lines := j.selecting(header, name)
		if j.normalize && len(lines) > 0 {
			lines = []string{rfc9111.NormalizeField(name, lines)}
		}
		dst = appendLines(dst, lines)
	}
	return dst
}
