package memstore_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// model is a store of the simplest kind: a map whose entries have an expiry.
type model struct {
	now     time.Duration
	entries map[string]modelEntry
}

type modelEntry struct {
	value   string
	native  bool
	expires time.Duration // driver.Never if it does not
}

func (m *model) live(key string) (modelEntry, bool) {
	e, ok := m.entries[key]
	return e, ok && m.now < e.expires
}

func (m *model) set(key, value string, native bool, ttl time.Duration) {
	m.entries[key] = modelEntry{value, native, m.expiry(ttl)}
}

func (m *model) expiry(ttl time.Duration) time.Duration {
	if ttl == driver.Never {
		return driver.Never
	}
	return m.now + ttl
}

// visible is what the methods that return bytes give for e.
func (e modelEntry) visible() string {
	if e.native {
		return ""
	}
	return e.value
}

// The memory store behaves as its own model over random operations.
func TestAStoreBehavesAsItsModel(t *testing.T) {
	keys := rapid.SampledFrom([]string{":1:a", ":1:b", "shop:1:a", "shop:2:a"})
	values := rapid.SampledFrom([]string{"", "0", "-7", "9223372036854775807", "text"})
	ttls := rapid.SampledFrom([]time.Duration{1, time.Second, 90 * time.Second, time.Hour, driver.Never})
	steps := rapid.SampledFrom([]time.Duration{1, 999 * time.Millisecond, time.Second, time.Minute, 2 * time.Hour})

	rapid.Check(t, func(r *rapid.T) {
		clock := &fakeClock{}
		s, err := memstore.New(memstore.Options{Clock: clock, MaxBytes: rapid.SampledFrom([]int64{0, 1 << 20}).Draw(r, "max_bytes")})
		if err != nil {
			r.Fatal(err)
		}
		defer shutdown(t, s)
		ctx := t.Context()
		m := &model{entries: map[string]modelEntry{}}
		equal := func(what string, got, want any) {
			if got != want {
				r.Fatalf("%s: got %v, want %v", what, got, want)
			}
		}
		notFoundUnless := func(ok bool) error {
			if ok {
				return nil
			}
			return driver.ErrNotFound
		}

		r.Repeat(map[string]func(*rapid.T){
			"advance": func(r *rapid.T) {
				d := steps.Draw(r, "step")
				m.now += d
				clock.Advance(d)
			},
			"set": func(r *rapid.T) {
				key, value, ttl := keys.Draw(r, "key"), values.Draw(r, "value"), ttls.Draw(r, "ttl")
				equal("Set", s.Set(ctx, []byte(key), []byte(value), ttl), nil)
				m.set(key, value, false, ttl)
			},
			"set native": func(r *rapid.T) {
				key, value, ttl := keys.Draw(r, "key"), values.Draw(r, "value"), ttls.Draw(r, "ttl")
				equal("SetNative", s.SetNative(ctx, []byte(key), value, 5, ttl), nil)
				m.set(key, value, true, ttl)
			},
			"add": func(r *rapid.T) {
				key, value, ttl := keys.Draw(r, "key"), values.Draw(r, "value"), ttls.Draw(r, "ttl")
				head, added, err := s.Add(ctx, []byte(key), []byte(value), ttl)
				present, ok := m.live(key)
				equal("error of Add", err, nil)
				equal("Add", added, !ok)
				if ok {
					equal("head of Add", string(head), present.visible())
				} else {
					m.set(key, value, false, ttl)
				}
			},
			"touch": func(r *rapid.T) {
				key, ttl := keys.Draw(r, "key"), ttls.Draw(r, "ttl")
				head, err := s.Touch(ctx, []byte(key), ttl)
				present, ok := m.live(key)
				equal("Touch", err, notFoundUnless(ok))
				if ok {
					equal("head of Touch", string(head), present.visible())
					present.expires = m.expiry(ttl)
					m.entries[key] = present
				}
			},
			"delete": func(r *rapid.T) {
				key := keys.Draw(r, "key")
				_, deleted, err := s.Delete(ctx, []byte(key))
				_, ok := m.live(key)
				equal("error of Delete", err, nil)
				equal("Delete", deleted, ok)
				delete(m.entries, key)
			},
			"clear": func(r *rapid.T) {
				ns := driver.Namespace{Prefix: rapid.SampledFrom([]string{"", "shop"}).Draw(r, "prefix")}
				equal("Clear", s.Clear(ctx, ns), nil)
				for key := range m.entries {
					if ns.Contains([]byte(key)) {
						delete(m.entries, key)
					}
				}
			},
			"incr": func(r *rapid.T) {
				key, delta := keys.Draw(r, "key"), rapid.SampledFrom([]int64{1, -1, 10}).Draw(r, "delta")
				n, err := s.Incr(ctx, []byte(key), delta)
				want, wantErr := m.incr(key, delta)
				equal("error of Incr", err, wantErr)
				equal("Incr", n, want)
			},
			"replace": func(r *rapid.T) {
				key, old, value, ttl := keys.Draw(r, "key"), values.Draw(r, "old"), values.Draw(r, "value"), ttls.Draw(r, "ttl")
				replaced, err := s.Replace(ctx, []byte(key), []byte(old), []byte(value), ttl)
				present, ok := m.live(key)
				ok = ok && !present.native && present.value == old
				equal("error of Replace", err, nil)
				equal("Replace", replaced, ok)
				if ok {
					m.set(key, value, false, ttl)
				}
			},
			// What can be seen of every key, after each step.
			"": func(r *rapid.T) {
				for _, key := range []string{":1:a", ":1:b", "shop:1:a", "shop:2:a"} {
					present, ok := m.live(key)
					value, native, isNative, err := s.GetNative(ctx, []byte(key))
					equal("GetNative "+key, err, notFoundUnless(ok))
					ttl, err := s.TTL(ctx, []byte(key))
					equal("TTL "+key, err, notFoundUnless(ok))
					if !ok {
						continue
					}
					equal("form of "+key, isNative, present.native)
					if isNative {
						equal("value of "+key, fmt.Sprint(native), present.value)
					} else {
						equal("value of "+key, string(value), present.value)
					}
					left := present.expires
					if left != driver.Never {
						left -= m.now
					}
					equal("time left of "+key, ttl, left)
				}
			},
		})
	})
}

func (m *model) incr(key string, delta int64) (int64, error) {
	present, ok := m.live(key)
	if !ok {
		return 0, driver.ErrNotFound
	}
	n, ok := driver.ParseInteger([]byte(present.visible()))
	if !ok {
		return 0, driver.ErrNotInteger
	}
	sum, overflow := driver.AddIntegers(n, delta)
	if overflow {
		return 0, driver.ErrOverflow
	}
	present.value = fmt.Sprint(sum)
	m.entries[key] = present
	return sum, nil
}
