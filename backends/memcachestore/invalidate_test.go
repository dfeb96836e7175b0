package memcachestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
)

// watchedConn calls sent with everything before it is written.
type watchedConn struct {
	net.Conn
	sent func(b []byte)
}

func (c *watchedConn) Write(b []byte) (int, error) {
	c.sent(b)
	return c.Conn.Write(b)
}

// An invalidation whose context ends while it changes records adds to the count again all the
// same, since readers may have seen a changed record beside the count of after the first step.
func TestInvalidateEndsWithTheCountThoughItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &watchedConn{conn, func(b []byte) {
			if bytes.HasPrefix(b, []byte("cas ")) {
				cancel()
			}
		}}, err
	}
	s := open(t, memcachestore.Options{Addrs: startServers(t, 1), Dial: dial, MaxConns: 1})
	set(t, s, "shop:1:count", "7")
	inv := driver.Invalidation{Count: []byte("shop:1:count"), Version: driver.NewVersion()}
	for i := range 5 {
		key := fmt.Sprint("shop:1:", i)
		set(t, s, key, "record")
		inv.Records = append(inv.Records, []byte(key))
	}
	if err := s.Invalidate(ctx, inv); !errors.Is(err, context.Canceled) {
		t.Errorf("Invalidate: %v, want the context's error", err)
	}
	wantValue(t, s, "shop:1:count", "9")
}

// An invalidation that cannot change a record changes the others, adds to the count before
// and after, and returns the error.
func TestInvalidateDoesWhatItCanAndReturnsWhatFailed(t *testing.T) {
	pool := newServerPool(t, 2, 1)
	s := open(t, memcachestore.Options{Addrs: pool.take(t), IOTimeout: longTimeout})
	inv := driver.Invalidation{Count: []byte("shop:1:count"), Version: driver.NewVersion()}
	set(t, s, "shop:1:count", "7")
	there := make(map[string]bool) // by record: whether its server is that of the count
	var other string
	for i := range 20 {
		key := fmt.Sprint("shop:1:", i)
		set(t, s, key, "record")
		inv.Records = append(inv.Records, []byte(key))
		if there[key] = s.ServerOf(key) == s.ServerOf("shop:1:count"); !there[key] {
			other = s.ServerOf(key)
		}
	}
	pool.kill(t, other)
	err := s.Invalidate(t.Context(), inv)
	var partial *driver.PartialError
	if !errors.As(err, &partial) {
		t.Fatalf("Invalidate with a server down: %v", err)
	}
	for i, key := range inv.Records {
		if there[string(key)] {
			wantValue(t, s, string(key), inv.Version+inv.Version+"8")
		}
		if failed := partial.Errs[i] != nil; failed == there[string(key)] {
			t.Errorf("%s: %v", key, partial.Errs[i])
		}
	}
	wantValue(t, s, "shop:1:count", "9")
}

// An invalidation that cannot add to the count changes nothing.
func TestInvalidateChangesNothingWithoutItsCount(t *testing.T) {
	pool := newServerPool(t, 2, 1)
	s := open(t, memcachestore.Options{Addrs: pool.take(t), IOTimeout: longTimeout})
	record := ""
	for i := 0; record == "" || s.ServerOf(record) == s.ServerOf("shop:1:count"); i++ {
		record = fmt.Sprint("shop:1:", i)
	}
	set(t, s, record, "record")
	pool.kill(t, s.ServerOf("shop:1:count"))
	inv := driver.Invalidation{Count: []byte("shop:1:count"), Records: [][]byte{[]byte(record)}, Version: driver.NewVersion()}
	var failure *memcachestore.ServerError
	if err := s.Invalidate(t.Context(), inv); !errors.As(err, &failure) {
		t.Errorf("Invalidate: %v, want a ServerError", err)
	}
	wantValue(t, s, record, "record")
}
