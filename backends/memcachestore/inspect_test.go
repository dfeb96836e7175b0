package memcachestore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// Inspect reports each server.
func TestInspectTellsOfEachServer(t *testing.T) {
	there, gone := testserver.StartMemcached(t), testserver.StartMemcachedUnix(t)
	s := open(t, memcachestore.Options{Addrs: []string{there.Addr(), gone.Addr()}})
	found, err := s.Inspect(t.Context())
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	for i, p := range []*testserver.Process{there, gone} {
		if found[i].Where != p.Addr() || !strings.HasPrefix(found[i].Product, "Memcached 1.") || found[i].Latency <= 0 || found[i].Err != nil {
			t.Errorf("%+v", found[i])
		}
		limit := driver.Figure{Name: "memory limit", Of: "server", Value: 64 << 20, Unit: "bytes"}
		if !slices.Contains(found[i].Figures, limit) {
			t.Errorf("%+v has no %+v", found[i], limit)
		}
	}
	gone.Kill()
	found, err = s.Inspect(t.Context())
	var failure *memcachestore.ServerError
	if err != nil || found[0].Err != nil || !errors.As(found[1].Err, &failure) || failure.Addr != gone.Addr() {
		t.Errorf("with a server that is gone: %+v, %v", found, err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Inspect(t.Context()); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("after Shutdown: %v", err)
	}
}

// A server before version 1.5.3 is refused.
func TestServersBefore1_5_3AreTooOld(t *testing.T) {
	for version, old := range map[string]bool{
		"1.4.39": true, "1.5.2": true, "1.5.3": false, "1.6.0": false, "2.0.0": false, "0.9.9": true,
		"1.5.3-rc1": false, "1.6.18_1": false, "": false, "unknown": false, "1.4": false,
	} {
		if err := memcachestore.Suits(version); (err != nil) != old {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// No bytes make reading statistics panic.
func FuzzParseStats(f *testing.F) {
	f.Add("STAT version 1.6.18\r\nSTAT curr_items 5\r\nEND\r\n")
	f.Add("STAT version\r\nEND\r\n")
	f.Add("ERROR\r\n")
	f.Add("")
	f.Add("STAT a b")
	f.Fuzz(func(t *testing.T, text string) {
		stats, err := memcachestore.ParseStats(text)
		if err == nil && !strings.Contains(text, "END") || (stats == nil) != (err != nil) {
			t.Errorf("%q: %v, %v", text, stats, err)
		}
		for name, value := range stats {
			if !strings.Contains(text, "STAT "+name+" "+value) {
				t.Errorf("%q: %q is %q", text, name, value)
			}
		}
	})
}
