package middleware

import (
	"encoding/binary"
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/keys"
)

// pageKey is the key of a page in the cache, made of its canonical key.
func pageKey(canonical []byte) string {
	const prefix = "page:"
	var key [len(prefix) + keys.HashSize]byte
	return string(keys.AppendHash(append(key[:0], prefix...), canonical))
}

// appendKey appends the canonical key of the page: everything that it may
// depend on without saying so in Vary, the URL that the handler gets included,
// since middleware further out may have rewritten it. Requests with credentials
// have entries of their own, so that those without never wait for theirs.
func (p *policy) appendKey(dst []byte, r *http.Request, j *judgement) []byte {
	class := "anonymous"
	if !j.credentials.None() {
		class = "credentials"
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	for _, part := range [...]string{
		p.keyPrefix,
		class,
		http.MethodGet, // HEAD is answered from the same entry
		scheme,
		strings.ToLower(r.Host),
		j.path,
		j.url.Scheme,
		strings.ToLower(j.url.Host),
		j.url.Path,
		j.url.RawPath,
		j.url.RawQuery,
	} {
		dst = keys.AppendPart(dst, part)
	}
	if j.trusted {
		for _, name := range believed {
			dst = appendLines(dst, r.Header[name])
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(j.keyCookies)))
	for _, c := range j.keyCookies {
		dst = keys.AppendPart(dst, c.pair)
	}
	return appendSelecting(dst, r.Header, j, selectingNames(j.vary))
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
		dst = appendLines(dst, j.selecting(header, name))
	}
	return dst
}
