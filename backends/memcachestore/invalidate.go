package memcachestore

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// Invalidate implements [driver.Invalidator] in three steps: it adds to the count, changes
// all records, up to 16 at once on each server, and adds to the count again. The records are
// read while the first step is in progress. The last step is done whenever the first is, even
// if ctx ends in between: then it may wait for as long as [Options.IOTimeout] for a connection.
// The error says what failed.
//
// The count is a number alone. Adding to one that was cleared does no harm, since nobody reads
// it. A record becomes one that does not expire.
func (s *Store) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	if err := s.begin(ctx, append([][]byte{inv.Count}, inv.Records...)...); err != nil {
		return err
	}
	defer s.inFlight.End()
	var count target
	count.init(s, inv.Count, s.now())
	records := tagRecords{batches: s.batches(inv.Records), inv: &inv}
	var reading sync.WaitGroup
	reading.Go(func() { records.read(ctx) })
	text, err := count.addOne(ctx)
	reading.Wait()
	if err != nil {
		return err
	}
	changed := records.change(ctx, text)
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), count.srv.client.Timeout)
	defer cancel()
	_, err = count.addOne(late)
	return errors.Join(changed, err)
}

// InvalidatesAtOnce implements [driver.Invalidator]: it is false.
func (s *Store) InvalidatesAtOnce() bool { return false }

// addOne adds one to the number under the key, and returns it as text, or nothing if there
// is none.
func (t *target) addOne(ctx context.Context) (string, error) {
	sum, err := t.srv.count(ctx, t.key, 1, false)
	switch {
	case errors.Is(err, memcache.ErrCacheMiss):
		return "", nil
	case isNotNumeric(err):
		return "", driver.ErrNotInteger
	case err != nil:
		return "", err
	}
	return strconv.FormatUint(sum, 10), nil
}

// tagRecords are the records of one invalidation.
type tagRecords struct {
	batches []batch
	items   []map[string]*memcache.Item // for each batch, what was read of it
	inv     *driver.Invalidation
}

// read fetches the records, from all servers at once. What it cannot fetch is read again when
// it is to be changed, and fails then.
func (r *tagRecords) read(ctx context.Context) {
	r.items = make([]map[string]*memcache.Item, len(r.batches))
	var wg sync.WaitGroup
	for i, b := range r.batches {
		wg.Go(func() { r.items[i], _ = b.ask(ctx) })
	}
	wg.Wait()
}

// change changes the records, on all servers at once.
func (r *tagRecords) change(ctx context.Context, count string) error {
	errs := make([]error, len(r.inv.Records))
	var wg sync.WaitGroup
	for i, b := range r.batches {
		wg.Go(func() {
			b.eachAtOnce(errs, func(t *placed) error {
				return t.changeRecord(ctx, r.items[i][t.key], func(old []byte) []byte { return r.inv.Record(old, count) })
			})
		})
	}
	wg.Wait()
	return driver.Partial(errs)
}

// changeRecord replaces the record under the key, if there is one, by what becomes of it.
// Whatever is there when it is replaced is what next was given. there is what was read of
// it before, or nil: if it is still that, one round trip is enough.
func (t *target) changeRecord(ctx context.Context, there *memcache.Item, next func(old []byte) []byte) error {
	live, err := there != nil, error(nil)
	if live {
		live, err = t.isLive(ctx, there, t.began)
	}
	for err == nil {
		if live {
			changed, err := t.succeed(ctx, there, next(there.Value), driver.Never)
			if changed || err != nil {
				return err
			}
		}
		there, err = t.find(ctx)
		live = true
	}
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	return err
}
