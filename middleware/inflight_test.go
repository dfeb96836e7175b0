package middleware_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// heapInUse is what the heap holds after a collection.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// The memory of all runs together stays within max_in_flight even if clients of large pages read
// nothing, and nothing stays counted when they have gone.
func TestClientsThatDoNotReadHoldNoMoreThanTheBound(t *testing.T) {
	const bound, clients = 8 << 20, 60
	caches := newCaches(t, cache.Config{Backend: "memory", Options: map[string]any{"max_bytes": 1 << 20}, MaxInFlight: bound})
	part := []byte(strings.Repeat("x", 64<<10))
	s := newServer(t, within(caches, middleware.CachePage(ttl, middleware.MaxBody(6<<20))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 80 {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}))))
	before := heapInUse()
	var open []net.Conn
	for i := range clients {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
		_, _ = fmt.Fprintf(conn, "GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n", i)
		// Its run has begun when the header is there.
		if _, err := io.ReadFull(conn, make([]byte, 15)); err != nil {
			t.Fatal(err)
		}
	}
	if used, _ := caches.InFlight(); used > bound {
		t.Errorf("%d bytes are counted, over %d", used, bound)
	}
	// A connection of net/http has some 10 KiB itself, and the store its megabyte.
	if held := heapInUse() - before; held > bound*11/10+clients*(24<<10)+2<<20 {
		t.Errorf("%d bytes are held", held)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	for used, _ := caches.InFlight(); used != 0; used, _ = caches.InFlight() {
		if t.Context().Err() != nil {
			t.Fatalf("%d bytes are counted when nobody is there", used)
		}
		time.Sleep(time.Millisecond)
	}
}

// A page whose MaxBody exceeds max_in_flight panics at construction.
func TestAPageThatHasNoRoomInFlightPanicsAtConstruction(t *testing.T) {
	caches := newCaches(t, cache.Config{Backend: "memory", MaxInFlight: 1 << 20})
	cache.SetDefault(caches)
	defer cache.SetDefault(nil)
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "MaxBody is 8388608, and max_in_flight of the caches 1048576") {
			t.Errorf("it panics with %q", text)
		}
	}()
	middleware.CachePage(ttl)(answering("page"))
	t.Error("it does not panic")
}
