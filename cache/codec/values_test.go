package codec_test

import (
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The types that programs keep in caches, and some that they should not.

type address struct {
	Street string `json:"street"`
	City   string `json:"city,omitempty"`
}

type audit struct {
	Created time.Time
	Updated *time.Time
}

type user struct {
	audit
	ID       uint64            `json:"id"`
	Name     string            `json:"name"`
	Admin    bool              `json:"admin"`
	Score    float64           `json:"score"`
	Avatar   []byte            `json:"avatar"`
	Home     address           `json:"home"`
	Work     *address          `json:"work"`
	Tags     []string          `json:"tags"`
	Settings map[string]string `json:"settings"`
	Friends  []*user           `json:"friends"`
	Secret   string            `json:"-"`
	parent   *user
}

type document struct {
	Title string
	Meta  map[string]any
}

type node struct {
	Value int
	Next  *node
}

type tree struct {
	Children []tree
}

// counters can be locked, and still be encoded.
type counters struct {
	sync.Mutex
	Hits, Misses int64
}

// thermometer encodes itself, and guards what it holds.
type thermometer struct {
	mu       sync.Mutex
	readings map[string]any
}

func (t *thermometer) MarshalBinary() ([]byte, error)    { return []byte("21.5"), nil }
func (t *thermometer) UnmarshalBinary(data []byte) error { return nil }
func (t *thermometer) MarshalText() ([]byte, error)      { return []byte("21.5"), nil }
func (t *thermometer) UnmarshalText(data []byte) error   { return nil }

// money has nothing that an encoder would see.
type money struct {
	cents    int64
	currency string
}

func newUser() *user {
	updated := time.Date(2026, 2, 28, 23, 59, 59, 999_999_999, time.FixedZone("", 5*3600+30*60))
	u := &user{
		audit:    audit{Created: time.Date(1969, 7, 20, 20, 17, 40, 1, time.UTC), Updated: &updated},
		ID:       math.MaxUint64,
		Name:     "Søren \"Kierkegaard\" <\x00> 日本",
		Admin:    true,
		Score:    -1.5e-300,
		Avatar:   []byte{0, 0xff, 0xC4, 0x4C},
		Home:     address{Street: "Nytorv 2"},
		Work:     &address{City: "København"},
		Tags:     []string{"", "a", strings.Repeat("long", 1000)},
		Settings: map[string]string{"": "empty", "theme": "dark"},
		Friends:  []*user{{ID: 1}, nil, {Name: "Regine", Friends: []*user{}}},
	}
	u.parent = u // not encoded: no reason to refuse it
	return u
}

func newDocument() document {
	return document{Title: "report", Meta: map[string]any{
		"nil":    nil,
		"text":   "value",
		"yes":    true,
		"float":  1.25,
		"list":   []any{"a", false, nil, map[string]any{"deep": []any{}}},
		"object": map[string]any{"a": "b"},
	}}
}

func nested(depth int) any {
	var v any = "bottom"
	for range depth {
		v = []any{v}
	}
	return v
}

func chain(length int) *node {
	var n *node
	for i := range length {
		n = &node{Value: i, Next: n}
	}
	return n
}

var (
	address4   = netip.MustParseAddrPort("192.0.2.1:8080")
	link       = url.URL{Scheme: "https", Host: "example.org", Path: "/a b", RawQuery: "q=1"}
	veryBig, _ = new(big.Int).SetString("-123456789012345678901234567890", 10)
)
