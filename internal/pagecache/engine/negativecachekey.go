package engine

import (
	"hash/maphash"
	"slices"
	"sync/atomic"

	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/rfc9111"
)

// A response that was not to be stored is remembered for requests that equal the one that got
// it in the key of the page, in the kinds of credentials, and in the fields that the response
// varies on. Other requests may get another response, and one client must not keep a page
// out of the cache for them.

// memoryKey is the key in the negative cache of responses to requests like x's.
func (x *requestFlow) memoryKey() memoryKey {
	key := x.kindKey()
	if names := x.h.selectors.find(key); names != nil {
		key = policy.AppendSelecting(slices.Clip(key), x.requestHeader(), &x.RequestInfo, names)
	}
	return memoryKey{key, x.isIdentified()}
}

// kindKey is the key of the page with the kinds of credentials that x has.
func (x *requestFlow) kindKey() []byte {
	if !x.isIdentified() {
		return x.canonical
	}
	return appendKinds(slices.Clip(x.canonical), &x.RequestInfo)
}

// appendKinds appends which credentials a request has, and not their values: users
// would otherwise queue for each other, since nothing is remembered of the next one.
func appendKinds(dst []byte, j *policy.RequestInfo) []byte {
	if j.Credentials.Authorization {
		dst = keys.AppendPart(dst, "Authorization")
	}
	if j.Credentials.Certificate {
		dst = keys.AppendPart(dst, "certificate")
	}
	for _, name := range j.Credentials.Fields {
		dst = keys.AppendPart(dst, name)
	}
	for _, c := range j.UserCookies {
		dst = keys.AppendPart(dst, c.Name)
	}
	return dst
}

// rememberSelectors notes that a response with these lines of Vary was not to be stored.
func (x *requestFlow) rememberSelectors(vary []string) {
	if names := x.otherSelectors(vary); len(names) > 0 {
		x.h.selectors.remember(x.kindKey(), names)
	}
}

// otherSelectors returns the fields that a response varies on and that are neither in the
// key nor credentials, whose kinds are.
func (x *requestFlow) otherSelectors(vary []string) []string {
	names := policy.SelectingNames(rfc9111.FieldNames(vary))
	known := x.selectors(x.depth)
	names = slices.DeleteFunc(names, func(name string) bool {
		return name == "*" || name == "Cookie" || name == "Authorization" || slices.Contains(x.h.CredentialHeaders, name) ||
			slices.Contains(x.Vary, name) || slices.Contains(known, name)
	})
	return names[:min(len(names), policy.MaxVary)]
}

// selectorMemory remembers the names of the fields that responses vary on which are not
// stored, and so have no index. It is a table of fixed size, so clients cannot fill it.
// Until something is remembered, a look-up is one atomic load. The zero value is ready.
type selectorMemory struct {
	table atomic.Pointer[[selectorMemorySize]atomic.Pointer[selectors]]
}

const selectorMemorySize = 1024

type selectors struct {
	key   string
	names []string
}

func selectorSlot(key []byte) uint64 { return maphash.Bytes(memorySeed, key) % selectorMemorySize }

func (m *selectorMemory) remember(key []byte, names []string) {
	if len(key) > page.MaxKnownKey || slices.Equal(m.find(key), names) {
		return
	}
	table := m.table.Load()
	if table == nil {
		m.table.CompareAndSwap(nil, new([selectorMemorySize]atomic.Pointer[selectors]))
		table = m.table.Load()
	}
	table[selectorSlot(key)].Store(&selectors{string(key), names})
}

// find returns the names that are known of key, or nil.
func (m *selectorMemory) find(key []byte) []string {
	table := m.table.Load()
	if table == nil {
		return nil
	}
	if known := table[selectorSlot(key)].Load(); known != nil && known.key == string(key) {
		return known.names
	}
	return nil
}
