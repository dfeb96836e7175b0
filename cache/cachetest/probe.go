package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// A probe is what a case works with: a fresh store, the test that it runs in,
// and the operations in a form that fails the test when the store fails.
type probe struct {
	testing.TB
	h     Harness
	store driver.Store
	clock *Clock // nil if the store has its own
}

func newProbe(tb testing.TB, h Harness) *probe {
	tb.Helper()
	p := &probe{TB: tb, h: h}
	if h.FakeClock {
		p.clock = NewClock()
	}
	p.store = h.open(tb, p.driverClock())
	return p
}

// driverClock returns the clock as an interface that is nil if there is none.
func (p *probe) driverClock() driver.Clock {
	if p.clock == nil {
		return nil
	}
	return p.clock
}

// over returns a probe of another store in the same test.
func (p *probe) over(store driver.Store) *probe {
	other := *p
	other.store = store
	return &other
}

// advance lets d pass for the store. Where it cannot be made to pass, it waits
// somewhat longer, so that a ttl of d is over.
func (p *probe) advance(d time.Duration) {
	p.Helper()
	switch {
	case p.clock != nil:
		p.clock.Advance(d)
	case p.h.Advance != nil:
		p.h.Advance(p.TB, p.store, d)
	default:
		select {
		case <-time.After(d + p.h.tick() + driver.MaxClockLag + waitSlack):
		case <-p.Context().Done():
		}
	}
}

func (p *probe) set(key, value string, ttl time.Duration) {
	p.Helper()
	if err := p.store.Set(p.Context(), []byte(key), []byte(value), ttl); err != nil {
		p.Fatalf("Set(%s, %s, %v): %v", brief(key), brief(value), ttl, err)
	}
}

func (p *probe) add(key, value string, ttl time.Duration) (head []byte, added bool) {
	p.Helper()
	head, added, err := p.store.Add(p.Context(), []byte(key), []byte(value), ttl)
	if err != nil {
		p.Fatalf("Add(%s, %s, %v): %v", brief(key), brief(value), ttl, err)
	}
	return head, added
}

// adds fails the case unless Add reports want.
func (p *probe) adds(key, value string, ttl time.Duration, want bool) {
	p.Helper()
	if _, added := p.add(key, value, ttl); added != want {
		p.Errorf("Add(%s, %s, %v) = %v, want %v", brief(key), brief(value), ttl, added, want)
	}
}

func (p *probe) touch(key string, ttl time.Duration) (head []byte) {
	p.Helper()
	head, err := p.store.Touch(p.Context(), []byte(key), ttl)
	if err != nil {
		p.Fatalf("Touch(%s, %v): %v", brief(key), ttl, err)
	}
	return head
}

// deletes fails the case unless Delete reports want.
func (p *probe) deletes(key string, want bool) {
	p.Helper()
	_, deleted, err := p.store.Delete(p.Context(), []byte(key))
	if err != nil || deleted != want {
		p.Errorf("Delete(%s) = %v, %v, want %v", brief(key), deleted, err, want)
	}
}

// deletesValue fails the case unless Delete removes an entry and returns the head
// of value.
func (p *probe) deletesValue(key, value string) {
	p.Helper()
	head, deleted, err := p.store.Delete(p.Context(), []byte(key))
	if err != nil || !deleted {
		p.Errorf("Delete(%s) = %v, %v, want true", brief(key), deleted, err)
	}
	p.heads("Delete", head, value)
}

func (p *probe) clear(prefix string) {
	p.Helper()
	if err := p.store.Clear(p.Context(), driver.Namespace{Prefix: prefix}); err != nil {
		p.Fatalf("Clear(%q): %v", prefix, err)
	}
}

// holds fails the case unless value is stored under key.
func (p *probe) holds(key, value string) {
	p.Helper()
	got, err := p.store.Get(p.Context(), []byte(key))
	if err != nil {
		p.Errorf("Get(%s): %v, want %s", brief(key), err, brief(value))
	} else if string(got) != value {
		p.Errorf("Get(%s) = %s, want %s", brief(key), brief(string(got)), brief(value))
	}
}

// absent fails the case unless nothing is stored under key.
func (p *probe) absent(key string) {
	p.Helper()
	got, err := p.store.Get(p.Context(), []byte(key))
	if err == nil {
		p.Errorf("Get(%s) = %s, want ErrNotFound", brief(key), brief(string(got)))
	} else {
		p.matches("Get("+brief(key)+")", err, driver.ErrNotFound)
	}
}

// matches fails the case unless err, which the call what returned, is target
// in the sense of errors.Is.
func (p *probe) matches(what string, err, target error) {
	p.Helper()
	if !errors.Is(err, target) {
		p.Errorf("%s returned error %v, want one that matches %q", what, err, target)
	}
}

// heads fails the case unless head, which the call what returned, is a head of
// value.
func (p *probe) heads(what string, head []byte, value string) {
	p.Helper()
	if len(head) < min(len(value), driver.HeadSize) || !bytes.HasPrefix([]byte(value), head) {
		p.Errorf("%s returned head %s of value %s, want its first %d bytes or more",
			what, brief(string(head)), brief(value), driver.HeadSize)
	}
}

// ability returns the store as T, which the harness has declared.
func ability[T any](p *probe) T {
	p.Helper()
	t, ok := p.store.(T)
	if !ok {
		p.Fatalf("the store does not implement %v", reflect.TypeFor[T]())
	}
	return t
}

// together calls f n times at once and fails the case with the errors.
func (p *probe) together(n int, f func(i int) error) {
	p.Helper()
	var (
		begin = make(chan struct{})
		errs  = make([]error, n)
		wg    sync.WaitGroup
	)
	for i := range n {
		wg.Go(func() {
			<-begin
			errs[i] = f(i)
		})
	}
	close(begin)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		p.Fatal(err)
	}
}

// brief quotes s for a message, and shortens it where it is long.
func brief(s string) string {
	const limit = 80
	if len(s) <= limit {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:limit], len(s))
}
