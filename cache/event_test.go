package cache_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/signals"
)

// eventLog is what was published, in order.
type eventLog struct {
	mu     sync.Mutex
	events []cache.Event
}

// record connects a new log to a signal.
func record(s *signals.Signal[cache.Event], opts ...signals.ConnectOption) *eventLog {
	l := new(eventLog)
	s.Connect(func(_ context.Context, _ any, e cache.Event) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, e)
		return nil
	}, opts...)
	return l
}

// take returns the events since it was last called, as "kind op key".
func (l *eventLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, e := range l.events {
		lines = append(lines, strings.TrimSpace(e.Kind.String()+" "+e.Op+" "+e.Key))
	}
	l.events = nil
	return lines
}

// Each operation publishes one event for what it did.
func TestEachOperationPublishesWhatItDidOnce(t *testing.T) {
	ctx := t.Context()
	fail := errors.New("load failed")
	tests := []struct {
		name string
		op   func(c *cache.BaseCache) error
		want []string
	}{
		{"Get, a hit", func(c *cache.BaseCache) error { _, err := c.Get(ctx, "there", new(int)); return err }, []string{"hit Get there"}},
		{"Get, a miss", func(c *cache.BaseCache) error { _, err := c.Get(ctx, "gone", new(int)); return err }, []string{"miss Get gone"}},
		{"Get, damaged", func(c *cache.BaseCache) error { _, err := c.Get(ctx, "damaged", new(int)); return err }, []string{"corrupt Get damaged"}},
		{"GetBytes, a hit", func(c *cache.BaseCache) error { _, _, err := c.GetBytes(ctx, "bytes"); return err }, []string{"hit GetBytes bytes"}},
		{"GetBytes, a miss", func(c *cache.BaseCache) error { _, _, err := c.GetBytes(ctx, "gone"); return err }, []string{"miss GetBytes gone"}},
		{"Has", func(c *cache.BaseCache) error {
			_, err := c.Has(ctx, "there")
			_, missErr := c.Has(ctx, "gone")
			return errors.Join(err, missErr)
		}, nil},
		{"Has, damaged", func(c *cache.BaseCache) error { _, err := c.Has(ctx, "damaged"); return err }, []string{"corrupt Has damaged"}},
		{"Incr", func(c *cache.BaseCache) error { _, err := c.Incr(ctx, "there", 1); return err }, []string{"incr Incr there"}},
		{"Decr", func(c *cache.BaseCache) error { _, err := c.Decr(ctx, "there", 1); return err }, []string{"incr Decr there"}},
		{"IncrVersion", func(c *cache.BaseCache) error { _, err := c.IncrVersion(ctx, "there", 1); return err }, []string{"set IncrVersion there", "delete IncrVersion there"}},
		{"Set", func(c *cache.BaseCache) error { return c.Set(ctx, "k", 1) }, []string{"set Set k"}},
		{"Set, expired at once", func(c *cache.BaseCache) error { return c.Set(ctx, "k", 1, cache.After(0)) }, []string{"delete Set k"}},
		{"SetBytes", func(c *cache.BaseCache) error { return c.SetBytes(ctx, "k", nil) }, []string{"set SetBytes k"}},
		{"Add, nothing there", func(c *cache.BaseCache) error { _, err := c.Add(ctx, "k", 1); return err }, []string{"set Add k"}},
		{"Add, something there", func(c *cache.BaseCache) error { _, err := c.Add(ctx, "there", 1); return err }, nil},
		{"Add, something damaged there", func(c *cache.BaseCache) error { _, err := c.Add(ctx, "damaged", 1); return err }, []string{"corrupt Add damaged", "set Add damaged"}},
		{"Touch", func(c *cache.BaseCache) error { _, err := c.Touch(ctx, "there"); return err }, []string{"touch Touch there"}},
		{"Touch, nothing there", func(c *cache.BaseCache) error { _, err := c.Touch(ctx, "gone"); return err }, nil},
		{"Touch, expired at once", func(c *cache.BaseCache) error { _, err := c.Touch(ctx, "there", cache.After(0)); return err }, []string{"delete Touch there"}},
		{"Delete", func(c *cache.BaseCache) error { _, err := c.Delete(ctx, "there"); return err }, []string{"delete Delete there"}},
		{"Delete, nothing there", func(c *cache.BaseCache) error { _, err := c.Delete(ctx, "gone"); return err }, []string{"delete Delete gone"}},
		{"Clear", func(c *cache.BaseCache) error { return c.Clear(ctx) }, []string{"clear Clear"}},
		{"GetMany", func(c *cache.BaseCache) error {
			_, err := c.GetMany(ctx, []string{"there", "gone", "damaged"})
			return err
		}, []string{"hit GetMany there", "miss GetMany gone", "corrupt GetMany damaged"}},
		{"SetMany", func(c *cache.BaseCache) error {
			_, err := c.SetMany(ctx, map[string]any{"b": 1, "a": 1})
			return err
		}, []string{"set SetMany a", "set SetMany b"}},
		{"DeleteMany", func(c *cache.BaseCache) error { return c.DeleteMany(ctx, []string{"b", "a"}) }, []string{"delete DeleteMany b", "delete DeleteMany a"}},
		{"Fill, a hit", func(c *cache.BaseCache) error { _, err := c.Fill(ctx, "there", new(int), loadOne); return err }, []string{"hit Fill there"}},
		{"Fill, a miss", func(c *cache.BaseCache) error { _, err := c.Fill(ctx, "gone", new(int), loadOne); return err }, []string{"miss Fill gone", "load Fill gone", "set Fill gone"}},
		{"Fill, damaged", func(c *cache.BaseCache) error { _, err := c.Fill(ctx, "damaged", new(int), loadOne); return err }, []string{"corrupt Fill damaged", "load Fill damaged", "set Fill damaged"}},
		{"Fill, a load that fails", func(c *cache.BaseCache) error {
			_, err := c.Fill(ctx, "gone", new(int), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return cache.Loaded{}, fail }))
			if !errors.Is(err, fail) {
				return errors.New("the loader's error is lost")
			}
			return nil
		}, []string{"miss Fill gone", "load Fill gone"}},
		{"Fill, found and not accepted", func(c *cache.BaseCache) error {
			_, err := c.Fill(ctx, "there", new(int), picky{loadOne})
			return err
		}, []string{"miss Fill there", "load Fill there", "set Fill there"}},
		{"Get, quiet", func(c *cache.BaseCache) error {
			_, err := c.Get(ctx, "there", new(int), hooks.Cache.Quiet())
			_, missErr := c.Get(ctx, "gone", new(int), hooks.Cache.Quiet())
			return errors.Join(err, missErr)
		}, nil},
		{"GetBytes, quiet", func(c *cache.BaseCache) error {
			_, _, err := c.GetBytes(ctx, "bytes", hooks.Cache.Quiet())
			_, _, missErr := c.GetBytes(ctx, "gone", hooks.Cache.Quiet())
			return errors.Join(err, missErr)
		}, nil},
		{"GetMany, quiet", func(c *cache.BaseCache) error {
			_, err := c.GetMany(ctx, []string{"there", "gone"}, hooks.Cache.Quiet())
			return err
		}, nil},
		{"Fill, quiet", func(c *cache.BaseCache) error {
			_, err := c.Fill(ctx, "there", new(int), loadOne, hooks.Cache.Quiet())
			_, refusedErr := c.Fill(ctx, "there", new(int), picky{loadOne}, hooks.Cache.Quiet())
			return errors.Join(err, refusedErr)
		}, []string{"load Fill there", "set Fill there"}},
		{"a view's reads, quiet", func(c *cache.BaseCache) error {
			v := cache.For[int](c, hooks.Cache.Quiet())
			_, _, err := v.Get(ctx, "there")
			_, orSetErr := v.GetOrSet(ctx, "there", func(context.Context) (int, error) { return 0, fail })
			return errors.Join(err, orSetErr)
		}, nil},
		{"NoteHit and NoteMiss", func(c *cache.BaseCache) error {
			hooks.Cache.NoteHit(ctx, c, "Fill", "a")
			hooks.Cache.NoteMiss(ctx, c, "Fill", "b")
			return nil
		}, []string{"hit Fill a", "miss Fill b"}},
		{"Close", func(c *cache.BaseCache) error { return errors.Join(c.Close(ctx), c.Close(ctx)) }, []string{"close Close"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newMapStore()
			events := new(signals.Signal[cache.Event])
			store := struct {
				*mapStore
				withCounter
			}{s, withCounter{s}}
			c := newCache(t, store, cache.Config{}, cache.WithEvents(events), cache.WithLogger(slog.New(slog.DiscardHandler)))
			if err := errors.Join(c.Set(ctx, "there", 1), c.SetBytes(ctx, "bytes", []byte("b"))); err != nil {
				t.Fatal(err)
			}
			s.plant(":1:damaged", []byte("not ours"))
			log := record(events)
			if err := test.op(c); err != nil {
				t.Fatal(err)
			}
			if got := log.take(); !slices.Equal(got, test.want) {
				t.Errorf("published %q, want %q", got, test.want)
			}
		})
	}
}

// picky is a loader that accepts nothing that is found.
type picky struct{ cache.Loader }

func (picky) MayReuse() bool { return false }

// Each failed operation publishes one error event.
func TestEachFailedOperationPublishesOneError(t *testing.T) {
	down := errors.New("server is down")
	s := newMapStore()
	s.hook = func(context.Context, string, string) error { return down }
	events := new(signals.Signal[cache.Event])
	c := newCache(t, struct {
		*mapStore
		withCounter
		withReplacer
	}{s, withCounter{s}, withReplacer{s}}, cache.Config{}, cache.WithEvents(events))
	log := record(events)
	for name, op := range everyOperation {
		err := op(t.Context(), c, "k")
		log.mu.Lock()
		if len(log.events) != 1 {
			t.Errorf("%s: published %v", name, log.events)
		} else if e := log.events[0]; e.Kind != cache.EventError || e.Op != name || e.Alias != "store" || !errors.Is(err, down) || e.Err != err {
			t.Errorf("%s: published %+v beside %v", name, e, err)
		}
		log.events = nil
		log.mu.Unlock()
	}
}

// The sender of an event is the alias.
func TestTheSenderOfAnEventIsTheAlias(t *testing.T) {
	h, _ := storesOf(t, "default", "pages")
	all, pages := record(h.Events()), record(h.Events(), signals.From("pages"))
	for _, alias := range h.Aliases() {
		if err := mustCache(t, h, alias).Set(t.Context(), alias, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := all.take(); len(got) != 2 {
		t.Errorf("without a filter: %q", got)
	}
	if got := pages.take(); len(got) != 1 || got[0] != "set Set pages" {
		t.Errorf("with one: %q", got)
	}
}

// Each Handler has events of its own.
func TestEachHandlerHasEventsOfItsOwn(t *testing.T) {
	one, _ := storesOf(t, "default")
	two, _ := storesOf(t, "default")
	log := record(one.Events())
	if err := mustCache(t, two, "default").Set(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if got := log.take(); got != nil {
		t.Errorf("another handler's: %q", got)
	}
}

// A receiver of events that fails does not fail the operation.
// Django, send_robust
func TestAReceiverThatFailsDoesNotFailTheOperation(t *testing.T) {
	events := new(signals.Signal[cache.Event])
	events.SetLogger(slog.New(slog.DiscardHandler))
	events.Connect(func(context.Context, any, cache.Event) error { return errors.New("no") })
	events.Connect(func(context.Context, any, cache.Event) error { panic("no") })
	log := record(events)
	c := newCache(t, newMapStore(), cache.Config{}, cache.WithEvents(events))
	if err := c.Set(t.Context(), "k", 1); err != nil {
		t.Error(err)
	}
	if got := log.take(); len(got) != 1 {
		t.Errorf("the receivers after them got %q", got)
	}
}

// Each kind of event has a name.
func TestKindsOfEventHaveNames(t *testing.T) {
	want := []string{"unknown", "hit", "miss", "set", "delete", "touch", "incr", "clear", "load", "corrupt", "error", "close", "invalidate", "unknown"}
	for kind, name := range want {
		if got := cache.EventKind(kind).String(); got != name {
			t.Errorf("kind %d is %q, want %q", kind, got, name)
		}
	}
}

// Damaged entries are published each time and logged once in ten seconds.
func TestDamagedEntriesAreLoggedOnceInTenSecondsAndPublishedEachTime(t *testing.T) {
	s, book, clock := newMapStore(), new(logBook), newFakeClock()
	events := new(signals.Signal[cache.Event])
	c := newCache(t, s, cache.Config{}, cache.WithEvents(events), cache.WithClock(clock), cache.WithLogger(slog.New(book)))
	s.plant(":1:k", []byte("not ours"))
	log := record(events)
	read := func() {
		t.Helper()
		if found, err := c.Get(t.Context(), "k", new(int)); found || err != nil {
			t.Fatalf("%v, %v", found, err)
		}
	}
	for _, pause := range []time.Duration{0, 0, 10*time.Second - 1, 1} {
		clock.Advance(pause)
		read()
	}
	if got := log.take(); len(got) != 4 {
		t.Errorf("published %q", got)
	}
	got := book.entries()
	if len(got) != 2 || !strings.HasPrefix(got[0], "WARN alias=store op=Get key=k error=corrupt entry") {
		t.Errorf("logged %q", got)
	}
}
