package memcachestore_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// Counters go from 0 to 2^63-1: a decrement stops at 0, and a result past the end is ErrOverflow.
// This is the table of the package comment.
func TestCountingIsFromZeroToTheGreatestInteger(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t).Addr()}}).In(shop)
	const key, top = "shop:1:k", "9223372036854775807"
	for _, test := range []struct {
		stored string
		delta  int64
		want   int64
		err    error
		after  string
	}{
		{"0", 1, 1, nil, "1"},
		{"9007199254740993", 1, 9007199254740994, nil, "9007199254740994"},
		{"9223372036854775806", 1, math.MaxInt64, nil, top},
		{top, 0, math.MaxInt64, nil, top},
		{top, -math.MaxInt64, 0, nil, "0"},
		{"1000", -991, 9, nil, "9"},
		{"5", -8, 0, nil, "0"},
		{"0", math.MinInt64, 0, nil, "0"},
		{top, 1, 0, driver.ErrOverflow, top},
		{"1", math.MaxInt64, 0, driver.ErrOverflow, "1"},
		{"-5", 1, 0, driver.ErrNotInteger, "-5"},
		{"-5", -1, 0, driver.ErrNotInteger, "-5"},
		{"+5", 1, 0, driver.ErrNotInteger, "+5"},
		{"05", 1, 0, driver.ErrNotInteger, "05"},
		{" 5", 1, 0, driver.ErrNotInteger, " 5"},
		{"9223372036854775808", 1, 0, driver.ErrNotInteger, "9223372036854775808"},
		{strings.Repeat("1", 30), 1, 0, driver.ErrNotInteger, strings.Repeat("1", 30)},
	} {
		set(t, s, key, test.stored)
		got, err := s.(driver.Counter).Incr(t.Context(), []byte(key), test.delta)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Incr of %s by %d = %d, %v, want %d, %v", test.stored, test.delta, got, err, test.want, test.err)
		}
		wantValue(t, s, key, test.after)
	}
}

// The blanks with which Memcached pads a counter are never seen.
func TestThePaddingOfACounterIsNeverSeen(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t).Addr()}}).In(shop)
	k := []byte("shop:1:k")
	set(t, s, string(k), "1000000")
	if n, err := s.(driver.Counter).Incr(t.Context(), k, -999_993); n != 7 || err != nil {
		t.Fatal(n, err)
	}
	wantValue(t, s, string(k), "7")
	values, err := s.(driver.Many).GetMany(t.Context(), [][]byte{k})
	if err != nil || string(values[0]) != "7" {
		t.Errorf("GetMany = %q, %v", values, err)
	}
	if head, err := s.Touch(t.Context(), k, time.Hour); string(head) != "7" || err != nil {
		t.Errorf("Touch = %q, %v", head, err)
	}
	if head, _, err := s.Add(t.Context(), k, nil, time.Hour); string(head) != "7" || err != nil {
		t.Errorf("Add = %q, %v", head, err)
	}
	if replaced, err := s.(driver.Replacer).Replace(t.Context(), k, []byte("7"), []byte("x"), time.Hour); !replaced || err != nil {
		t.Errorf("Replace = %v, %v", replaced, err)
	}
	for _, value := range []string{" ", "a ", "1 a", strconv.Itoa(math.MaxInt) + "  ", "1\t"} {
		set(t, s, string(k), value)
		wantValue(t, s, string(k), value)
	}
}
