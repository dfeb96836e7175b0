package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
)

// steps are all operations. Each expects that "k" is there.
var steps = map[string]func(ctx context.Context, s *redisstore.Store) error{
	"Get":  func(ctx context.Context, s *redisstore.Store) error { _, err := s.Get(ctx, []byte("k")); return err },
	"Peek": func(ctx context.Context, s *redisstore.Store) error { _, err := s.Peek(ctx, []byte("k")); return err },
	"TTL":  func(ctx context.Context, s *redisstore.Store) error { _, err := s.TTL(ctx, []byte("k")); return err },
	"Set": func(ctx context.Context, s *redisstore.Store) error {
		return s.Set(ctx, []byte("k"), []byte("1"), time.Minute)
	},
	"Add": func(ctx context.Context, s *redisstore.Store) error {
		_, _, err := s.Add(ctx, []byte("k"), []byte("1"), time.Minute)
		return err
	},
	"Touch": func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Touch(ctx, []byte("k"), time.Minute)
		return err
	},
	"Delete": func(ctx context.Context, s *redisstore.Store) error {
		_, _, err := s.Delete(ctx, []byte("absent"))
		return err
	},
	"Incr": func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Incr(ctx, []byte("k"), 1)
		return err
	},
	"ReplaceHead": func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.ReplaceHead(ctx, []byte("k"), make([]byte, driver.HeadSize), []byte("v"), time.Minute)
		return err
	},
	"Replace": func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Replace(ctx, []byte("k"), []byte("none"), []byte("v"), time.Minute)
		return err
	},
	"Invalidate": func(ctx context.Context, s *redisstore.Store) error {
		records := [][]byte{[]byte("r"), []byte("none")}
		return s.Invalidate(ctx, driver.Invalidation{Count: []byte("c"), Records: records, Version: driver.NewVersion()})
	},
	"GetMany": func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.GetMany(ctx, [][]byte{[]byte("k"), []byte("l"), []byte("m")})
		return err
	},
	"SetMany": func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.SetMany(ctx, []driver.Item{{Key: []byte("l"), Value: []byte("1")}, {Key: []byte("m"), Value: []byte("2")}}, time.Minute)
		return err
	},
	"DeleteMany": func(ctx context.Context, s *redisstore.Store) error {
		return s.DeleteMany(ctx, [][]byte{[]byte("l"), []byte("m")})
	},
}

// Every operation is one round trip.
func TestEveryOperationIsOneRoundTrip(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		_, at := fresh(t, redisstore.Options{})
		p := startProxy(t, at.opts.Addrs[0])
		at.opts.Addrs = []string{p.addr()}
		at.opts.Pipeline = pipeline
		s := open(t, at.opts)
		set(t, s, "k", "1")
		for name, do := range steps {
			// The first time, the server may have to be shown a script.
			for range 2 {
				if err := do(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if n := p.count(func() { _ = do(t.Context(), s) }); n != 1 {
				t.Errorf("pipeline %v: %s makes %d round trips, want 1", pipeline, name, n)
			}
		}
	}
}

// Scripts are loaded again after the server has forgotten them.
func TestScriptsComeBackAfterTheServerForgotThem(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		s, at := fresh(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: pipeline}})
		set(t, s, "k", "1")
		for _, name := range []string{"Incr", "Touch", "Replace", "ReplaceHead", "Invalidate"} {
			if err := at.raw.ScriptFlush(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			if err := steps[name](t.Context(), s); err != nil {
				t.Errorf("pipeline %v: %s: %v", pipeline, name, err)
			}
		}
		wantValue(t, s, "k", "2")
	}
}

// An operation that must be done once is not sent again when its connection breaks, since it may
// have been done.
func TestWhatMustBeDoneOnceIsNotSentAgain(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		_, at := fresh(t, redisstore.Options{})
		broken := startProxy(t, at.opts.Addrs[0])
		at.opts.Addrs, at.opts.Pipeline = []string{broken.addr()}, pipeline
		s := open(t, at.opts)
		set(t, s, "k", "1")
		for _, name := range []string{"Add", "Incr", "Replace", "ReplaceHead"} {
			if sent := broken.swallowing("$1\r\nk\r\n", func() {
				if err := steps[name](t.Context(), s); err == nil {
					t.Errorf("pipeline %v: %s without an answer: no error", pipeline, name)
				}
			}); sent != 1 {
				t.Errorf("pipeline %v: %s was sent %d times, want once", pipeline, name, sent)
			}
		}
		if sent := broken.swallowing("$1\r\nk\r\n", func() { _ = steps["Get"](t.Context(), s) }); !pipeline && sent != 2 {
			t.Errorf("Get was sent %d times, want one attempt more", sent)
		}
		wantValue(t, s, "k", "1")
	}
}
