package page

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// knownHeads remembers pages as they were decoded lately, without their bodies, by
// the bytes that they were decoded from. A store of bytes returns the same ones
// at each hit, and to compare them takes a tenth of what decoding them does. It is
// a table of fixed size, some 4 MB with the largest heads in it, so clients cannot
// fill it; a page pushes another out of its slot.
var knownHeads [512]atomic.Pointer[DecodedHead]

type DecodedHead struct {
	encoded string // all of the entry except for the body
	Page    *Page  // what it is
	body    int    // how many bytes the body has that belongs to it
}

// BodyOf returns the body of an encoded page, if its head is this one.
func (d *DecodedHead) BodyOf(encoded []byte) (body []byte, same bool) {
	if len(encoded) != len(d.encoded)+d.body || string(encoded[:len(d.encoded)]) != d.encoded {
		return nil, false
	}
	return encoded[len(d.encoded):], true
}

// maxKnownHead is how many bytes the largest head has that is remembered, encoded
// or as a page.
const maxKnownHead = 4096

// knownHead returns what is remembered of this encoded head, or nil.
func knownHead(encoded []byte) *DecodedHead {
	if len(encoded) > maxKnownHead {
		return nil
	}
	known := knownHeads[maphash.Bytes(KeySeed, encoded)%uint64(len(knownHeads))].Load()
	if known == nil || known.encoded != string(encoded) {
		return nil
	}
	return known
}

// rememberHead remembers p, which was decoded from this and a body. It keeps
// neither the body nor a part of the memory that it is in.
func rememberHead(encoded string, p *Page) {
	head := p.withBody(nil)
	if len(encoded) > maxKnownHead || head.CacheSize() > maxKnownHead {
		return
	}
	head.Key = bytes.Clone(p.Key)
	knownHeads[maphash.String(KeySeed, encoded)%uint64(len(knownHeads))].Store(&DecodedHead{encoded, head, len(p.Body)})
}
