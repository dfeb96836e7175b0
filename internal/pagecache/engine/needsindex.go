package engine

import (
	"encoding/binary"

	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/pagecache/page"
)

// needsIndex reports whether there is an index even for responses without Vary.
func (x *requestFlow) needsIndex() bool { return x.depth == 0 && x.foreign || x.hasOtherKeys() }

// hasOtherKeys reports whether requests for the URL may differ in what is in the
// key besides it.
func (x *requestFlow) hasOtherKeys() bool {
	p := x.h.Policy
	return len(p.Cookies.InKey) > 0 || len(p.VaryValues) > 0 || len(x.Vary) > 0
}

// variantKey is the key in the cache of the variant with that canonical key, which
// is x's or one like it. index is that of the URL, also for the variants of a variant,
// so that all variants of a URL have the same slots.
func (x *requestFlow) variantKey(index *page.Variants, canonical []byte) string {
	var buffer [256]byte
	key := keys.AppendPart(append(buffer[:0], x.canonical[:x.primaryLen]...), index.Generation)
	selecting := x.fullLen + len(key) - x.primaryLen // behind the generation
	slot := page.VariantSlot(index.Generation, canonical[x.primaryLen:x.fullLen], canonical[selecting:])
	return page.Key(binary.AppendUvarint(key, slot))
}
