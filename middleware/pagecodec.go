package middleware

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/keys"
)

// pageCodec is the binary form of a page in stores that keep bytes:
//
//	version byte, status uvarint, stored and expires in Unix milliseconds
//	(8 bytes each, big-endian), then parts with their length: the key; the
//	index's generation, empty if there is no index; a count and that many
//	names of the index; a count of fields, and for each its name, a count and
//	that many lines; the body.
//
// Lengths are checked against what is there before anything is allocated.
type pageCodec struct{}

var _ codec.Codec = pageCodec{}

const pageVersion = 1

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
	dst = append(dst, pageVersion)
	dst = binary.AppendUvarint(dst, uint64(p.status))
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.stored.UnixMilli()))
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.expires.UnixMilli()))
	dst = keys.AppendPart(dst, p.key)
	if p.index == nil {
		dst = keys.AppendPart(dst, "")
		dst = appendStrings(dst, nil)
	} else {
		dst = keys.AppendPart(dst, p.index.generation)
		dst = appendStrings(dst, p.index.names)
	}
	fields := p.storedFields()
	dst = binary.AppendUvarint(dst, uint64(len(fields)))
	for _, f := range fields {
		dst = keys.AppendPart(dst, f.name)
		dst = appendStrings(dst, f.lines)
	}
	return keys.AppendPart(dst, p.body), nil
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
	if version := r.bytes(1); r.failed || version[0] != pageVersion {
		return nil, errPage
	}
	p := &page{
		status:  int(r.count(999)),
		stored:  r.time(),
		expires: r.time(),
		key:     r.part(),
	}
	generation := r.text()
	names := r.texts()
	if generation != "" {
		p.index = &variants{generation: generation, names: names}
	}
	for range r.count(uint64(len(data))) {
		if r.failed {
			break
		}
		p.fields = append(p.fields, field{name: r.text(), lines: r.texts()})
	}
	p.body = r.part()
	if r.failed || len(r.rest) > 0 || p.index == nil && p.status != http.StatusOK {
		return nil, errPage
	}
	p.derive()
	return p, nil
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

func (r *pageReader) time() time.Time {
	b := r.bytes(8)
	if r.failed {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
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
