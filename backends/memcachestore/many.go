package memcachestore

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// manyWorkers bounds how many requests of one SetMany or DeleteMany are under
// way to each server.
const manyWorkers = 16

// batch is the keys of a many-operation that are on one server, each once.
type batch struct{ targets []placed }

// placed is a target with the places of its key among those of the operation,
// in order.
type placed struct {
	target
	places []int
}

// batches divides keys among the servers.
func (s *Store) batches(keys [][]byte) []batch {
	began := s.now()
	all := make([]batch, len(s.servers))
	at := make(map[string]int, len(keys)) // the index in the batch of its server
	for place, key := range keys {
		var t target
		t.init(s, key, began)
		b := &all[t.srv.index]
		i, repeated := at[t.key]
		if !repeated {
			i = len(b.targets)
			at[t.key] = i
			b.targets = append(b.targets, placed{target: t})
		}
		b.targets[i].places = append(b.targets[i].places, place)
	}
	return slices.DeleteFunc(all, func(b batch) bool { return len(b.targets) == 0 })
}

// each calls f for every target, for up to manyWorkers at once, and returns the
// error of each. The first goes alone: it learns the epoch for the others, and
// finds out whether the server is there. Once the server does not answer, the
// rest fail like that without being tried.
func (b batch) each(f func(t *placed) error) []error { return b.run(1, f) }

// eachAtOnce is each for an operation that has asked the server already, so that no target
// goes alone. It puts the errors at the places of the keys.
func (b batch) eachAtOnce(errs []error, f func(t *placed) error) {
	b.place(errs, b.run(0, f))
}

// run is each with a number of targets that go before the others, one by one.
func (b batch) run(alone int, f func(t *placed) error) []error {
	errs := make([]error, len(b.targets))
	var down atomic.Pointer[error]
	try := func(i int) {
		if failure := down.Load(); failure != nil {
			errs[i] = *failure
			return
		}
		if errs[i] = f(&b.targets[i]); isUnanswered(errs[i]) {
			down.Store(&errs[i])
		}
	}
	for i := range alone {
		try(i)
	}
	var (
		next atomic.Int64
		wg   sync.WaitGroup
	)
	next.Store(int64(alone) - 1)
	for range min(manyWorkers, len(errs)-alone) {
		wg.Go(func() {
			for i := int(next.Add(1)); i < len(errs); i = int(next.Add(1)) {
				try(i)
			}
		})
	}
	wg.Wait()
	return errs
}

// place puts the errors of the targets at the places of their keys.
func (b batch) place(errs, ofTargets []error) {
	for i, err := range ofTargets {
		batch{b.targets[i : i+1]}.fail(errs, err)
	}
}

// fail puts err at the places of all keys of the batch.
func (b batch) fail(errs []error, err error) {
	for _, t := range b.targets {
		for _, place := range t.places {
			errs[place] = err
		}
	}
}

// eachBatch divides keys among the servers and runs do for each of these, all at
// once.
func (s *Store) eachBatch(keys [][]byte, do func(b batch)) {
	_ = concurrently(s.batches(keys), func(b batch) error { // do has no error
		do(b)
		return nil
	})
}

// eachKey runs do for every key, each once, and returns the errors in the order of
// keys.
func (s *Store) eachKey(keys [][]byte, do func(t *placed) error) []error {
	errs := make([]error, len(keys))
	s.eachBatch(keys, func(b batch) { b.place(errs, b.each(do)) })
	return errs
}

// SetMany implements [driver.Many] with one request for each item, of which up
// to 16 are under way to each server at once. If a server does not answer, its
// items fail.
func (s *Store) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	keys := make([][]byte, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	if err := s.begin(ctx, keys...); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	errs := s.eachKey(keys, func(t *placed) error {
		last := t.places[len(t.places)-1]
		return t.set(ctx, items[last].Value, ttl)
	})
	if driver.Partial(errs) == nil {
		return nil, nil
	}
	return errs, nil
}

// DeleteMany implements [driver.Many] with one request for each key, of which
// up to 16 are under way to each server at once. Unlike Delete it reads nothing
// first. If a server fails, the keys of the others are deleted.
func (s *Store) DeleteMany(ctx context.Context, keys [][]byte) error {
	if err := s.begin(ctx, keys...); err != nil {
		return err
	}
	defer s.inFlight.End()
	return driver.Partial(s.eachKey(keys, func(t *placed) error {
		_, err := t.srv.delete(ctx, t.key)
		return err
	}))
}
