package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// fresh opens a store on a server of the test's own.
func fresh(tb testing.TB, opts redisstore.Options) (*redisstore.Store, place) {
	tb.Helper()
	p := standalone(tb, opts).fresh(tb)
	return open(tb, p.opts), p
}

// Incr is exact where a double is not.
func TestIncrIsExactWhereADoubleIsNot(t *testing.T) {
	s, _ := fresh(t, redisstore.Options{})
	for _, test := range []struct{ start, delta, want int64 }{
		{math.MaxInt64 - 1, 1, math.MaxInt64},
		{1<<53 + 1, 2, 1<<53 + 3},
		{math.MinInt64 + 1, -1, math.MinInt64},
		{-1 << 62, math.MaxInt64, math.MaxInt64 - 1<<62},
		{0, math.MinInt64, math.MinInt64},
	} {
		set(t, s, "n", strconv.FormatInt(test.start, 10))
		got, err := s.Incr(t.Context(), []byte("n"), test.delta)
		if err != nil || got != test.want {
			t.Errorf("%d + %d = %d, %v, want %d", test.start, test.delta, got, err, test.want)
		}
		wantValue(t, s, "n", strconv.FormatInt(test.want, 10))
	}
	_, err := s.Incr(t.Context(), []byte("n"), -1)
	wantErr(t, "Incr past the end", err, driver.ErrOverflow)
	wantValue(t, s, "n", strconv.FormatInt(math.MinInt64, 10))
}

// Incr accepts integers in the form of AppendInteger only.
func TestIncrTakesTheFormOfOurIntegersOnly(t *testing.T) {
	s, _ := fresh(t, redisstore.Options{})
	for _, value := range []string{"", " 1", "1 ", "01", "+1", "-0", "0x1", "1.0", "1e3", "9223372036854775808", "text"} {
		set(t, s, "n", value)
		_, err := s.Incr(t.Context(), []byte("n"), 1)
		wantErr(t, fmt.Sprintf("Incr of %q", value), err, driver.ErrNotInteger)
		wantValue(t, s, "n", value)
	}
}

// Writers of two clients neither lose nor repeat a write. Two stores have nothing in common except
// the server, as two processes have not.
func TestWritersOfTwoClientsNeitherLoseNorRepeat(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		t.Run(fmt.Sprintf("pipeline=%v", pipeline), func(t *testing.T) {
			a, p := fresh(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: pipeline}})
			stores := []*redisstore.Store{a, open(t, p.opts)}
			set(t, a, "n", "0")
			var added atomic.Int64
			var all sync.WaitGroup
			for w := range 32 {
				all.Go(func() {
					s := stores[w%2]
					_, won, err := s.Add(t.Context(), []byte("added"), fmt.Append(nil, w), driver.Never)
					if err != nil {
						t.Error(err)
					}
					if won {
						added.Add(1)
					}
					for range 50 {
						if _, err := s.Incr(t.Context(), []byte("n"), 1); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			wantValue(t, a, "n", "1600")
			if added.Load() != 1 {
				t.Errorf("%d writers added, want 1", added.Load())
			}
		})
	}
}

// Keys may hold any bytes, and namespaces are side by side.
func TestKeysOfAnyBytesAndNamespacesSideBySide(t *testing.T) {
	s, p := fresh(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{ClearBatch: 7}})
	prefixes := []string{"shop", "shop:eu", "shop*", "shop?", "sh[o]p", `shop\`, "^shop]", "", "\x00\xff\xfe"}
	rests := []string{"k", "a\x00b", "\xff\xfe", "*", "[a-z]", `\`, "{tag}", "\r\n$3\r\n"}
	fill := func() {
		for _, prefix := range prefixes {
			for _, rest := range rests {
				set(t, s, prefix+":1:"+rest, prefix)
			}
		}
		set(t, s, "shopping:1:k", "shopping")
		if err := p.raw.Set(t.Context(), "shop", "no key of ours", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, cleared := range prefixes {
		fill()
		if err := s.Clear(t.Context(), driver.Namespace{Prefix: cleared}); err != nil {
			t.Fatal(err)
		}
		for _, prefix := range prefixes {
			for _, rest := range rests {
				if prefix == cleared {
					wantMissing(t, s, prefix+":1:"+rest)
				} else {
					wantValue(t, s, prefix+":1:"+rest, prefix)
				}
			}
		}
		wantValue(t, s, "shop", "no key of ours")
		wantValue(t, s, "shopping:1:k", "shopping")
	}
}

// Only a store that owns its database empties it by FLUSHDB.
// Django, RedisCache
func TestOnlyTheOwnerEmptiesTheDatabase(t *testing.T) {
	s, p := fresh(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Owner: true}})
	set(t, s, "another:1:k", "v")
	neighbour := p.opts
	neighbour.DB += 5000
	other := open(t, neighbour)
	set(t, other, "shop:1:k", "v")
	if err := s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, s, "another:1:k")
	wantValue(t, other, "shop:1:k", "v")
}

// A timeout is rounded up to a millisecond.
func TestATTLIsRoundedUpToAMillisecond(t *testing.T) {
	s, p := fresh(t, redisstore.Options{})
	for _, ttl := range []time.Duration{1, time.Millisecond, time.Millisecond + 1} {
		if err := s.Set(t.Context(), []byte("k"), []byte("v"), ttl); err != nil {
			t.Errorf("Set for %v: %v", ttl, err)
		}
	}
	for _, ttl := range []time.Duration{driver.Never - 1, time.Hour + 1} {
		if err := s.Set(t.Context(), []byte("k"), []byte("v"), ttl); err != nil {
			t.Fatalf("Set for %v: %v", ttl, err)
		}
		left, err := s.TTL(t.Context(), []byte("k"))
		if err != nil || left < ttl-time.Minute {
			t.Errorf("TTL = %v, %v after Set for %v", left, err, ttl)
		}
	}
	if err := s.Set(t.Context(), []byte("k"), []byte("v"), driver.Never); err != nil {
		t.Fatal(err)
	}
	if left := p.raw.PTTL(t.Context(), "k").Val(); left != -1 {
		t.Errorf("an entry for ever has %v left on the server", left)
	}
}

// An entry expires. The conformance suite makes time pass by changing expiries; here it passes.
func TestAnEntryExpires(t *testing.T) {
	s, _ := fresh(t, redisstore.Options{})
	if err := s.Set(t.Context(), []byte("k"), []byte("v"), 20*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	testserver.Await(t, func(ctx context.Context) error {
		if _, err := s.Get(ctx, []byte("k")); !errors.Is(err, driver.ErrNotFound) {
			return fmt.Errorf("Get: %w", err)
		}
		return nil
	})
}

// Peek distinguishes an empty value from none.
func TestPeekTellsAnEmptyValueFromNone(t *testing.T) {
	s, _ := fresh(t, redisstore.Options{})
	if _, err := s.Peek(t.Context(), []byte("k")); !errors.Is(err, driver.ErrNotFound) {
		t.Errorf("Peek of nothing: %v", err)
	}
	set(t, s, "k", "")
	if head, err := s.Peek(t.Context(), []byte("k")); err != nil || len(head) != 0 {
		t.Errorf("Peek of an empty value = %q, %v", head, err)
	}
}
