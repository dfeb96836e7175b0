package memcachestore

import (
	"bufio"
	"context"
	"strings"
	"time"
)

// The tests in package memcachestore_test see these.
var (
	Prefixes = prefixes
	EpochKey = epochKey
)

// Expiration is expiration at the time now.
func Expiration(ttl time.Duration, now time.Time) int32 {
	return expiration(ttl, func() time.Time { return now })
}

// OpenWithTime is Open with a clock of one's own.
func OpenWithTime(opts Options, now func() time.Time) (*Store, error) {
	return open(context.Background(), opts, now)
}

// ServerOf returns the address of the server that has the key.
func (s *Store) ServerOf(key string) string {
	var t target
	t.init(s, []byte(key), s.now())
	return t.srv.addr.text
}

// ReplaceWith is Replace of what is under key, with between called when that has
// been read.
func (s *Store) ReplaceWith(ctx context.Context, key, value []byte, ttl time.Duration, between func()) (replaced bool, err error) {
	var t target
	t.init(s, key, s.now())
	there, err := t.find(ctx)
	if err != nil {
		return false, err
	}
	between()
	return t.succeed(ctx, there, value, ttl)
}

// Ring chooses among names.
func Ring(names []string) func(key string) string {
	r := newRing(names)
	return func(key string) string { return names[r.pick(key)] }
}

// NextEpoch is nextEpoch.
func NextEpoch(last uint32, now time.Time) uint32 { return uint32(nextEpoch(epoch(last), now)) }

// ParseEpoch is parseEpoch.
func ParseEpoch(b []byte) (uint32, bool) {
	e, ok := parseEpoch(b)
	return uint32(e), ok
}

// AppendEpoch is appendEpoch.
func AppendEpoch(dst []byte, e uint32) []byte { return appendEpoch(dst, epoch(e)) }

// ParseStats is parseStats.
func ParseStats(text string) (map[string]string, error) {
	return parseStats(bufio.NewScanner(strings.NewReader(text)))
}

// Suits is suits.
func Suits(version string) error { return suits(version) }
