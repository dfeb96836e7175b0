package cache

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// InvalidateTags makes every entry of the alias that has one of tags a miss, in all versions. It
// takes the same time however many entries that are: Redis and PostgreSQL do it in one step,
// other backends in several.
//
// When it has returned nil, no read that begins then in any process finds what was stored
// before, or by a load that began before. A backend that fails is an error, whatever the alias's [ErrorPolicy] is: call it
// again. It is not atomic with a change of the data that the entries are made of, so call it after that.
func (c *BaseCache) InvalidateTags(ctx context.Context, tags ...string) error {
	return c.invalidateTags(ctx, "InvalidateTags", tags, false)
}

// InvalidateTagsSoft is [BaseCache.InvalidateTags] for entries that may be served a little
// longer where stale ones may be: pages are refreshed in the background. To other reads they
// are misses.
func (c *BaseCache) InvalidateTagsSoft(ctx context.Context, tags ...string) error {
	return c.invalidateTags(ctx, "InvalidateTagsSoft", tags, true)
}

func (c *BaseCache) invalidateTags(ctx context.Context, op string, tags []string, soft bool) error {
	names := newTagNames(tags)
	if names.err != nil {
		return c.fail(ctx, op, "", names.err)
	}
	if len(tags) == 0 {
		return nil
	}
	st, err := c.open(ctx)
	if err == nil {
		err = st.canTag()
	}
	if err == nil {
		defer c.track()()
		err = c.invalidate(ctx, st.base.primary, names, soft)
	}
	if err != nil {
		return c.failFor(ctx, op, "", err, flagFailClosed)
	}
	c.counts.add(countInvalidations)
	c.publish(ctx, EventInvalidate, op, "", nil)
	return nil
}

func (c *BaseCache) invalidate(ctx context.Context, st *opened, names *tagNames, soft bool) error {
	if st.native != nil {
		st.flights.tags.invalidate(names.localHashes(c.prefix), soft)
		return nil
	}
	inv := driver.Invalidation{
		Count:   c.tags.countKey,
		Records: c.tags.recordKeys(names.hashes()),
		Version: driver.NewVersion(),
		Soft:    soft,
	}
	if st.invalidator == nil {
		return st.invalidate(ctx, inv)
	}
	err := st.invalidator.Invalidate(ctx, inv)
	if errors.Is(err, driver.ErrNotInteger) {
		// Nothing is valid without a count, and the next load makes one.
		if _, _, err = st.store.Delete(ctx, inv.Count); err == nil {
			inv.Version = driver.NewVersion()
			err = st.invalidator.Invalidate(ctx, inv)
		}
	}
	return err
}

// invalidationTimeout is how long the second part of an invalidation may take whose caller's
// context has ended.
const invalidationTimeout = 5 * time.Second

// invalidate does what [driver.Invalidator] says by the other methods of a store: it counts,
// changes the records, and counts again. Between the two nobody can take an old version for
// that of the last count.
func (st *opened) invalidate(ctx context.Context, inv driver.Invalidation) error {
	if err := st.countUp(ctx, inv.Count); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), invalidationTimeout)
	defer cancel()
	var errs []error
	for _, key := range inv.Records {
		errs = append(errs, st.changeRecord(ctx, key, &inv))
	}
	return errors.Join(append(errs, st.countUp(ctx, inv.Count))...)
}

// countUp adds one to the count if there is one.
func (st *opened) countUp(ctx context.Context, key []byte) error {
	_, err := st.counter.Incr(ctx, key, 1)
	switch {
	case errors.Is(err, driver.ErrNotFound):
		return nil
	case errors.Is(err, driver.ErrNotInteger), errors.Is(err, driver.ErrOverflow), errors.Is(err, driver.ErrCorrupt):
		_, _, err = st.store.Delete(ctx, key) // it is no count: without one nothing is valid
	}
	return err
}

// changeRecord changes a record if there is one, and keeps its expiry where the store can tell
// that.
func (st *opened) changeRecord(ctx context.Context, key []byte, inv *driver.Invalidation) error {
	for {
		old, err := st.store.Get(ctx, key)
		switch {
		case errors.Is(err, driver.ErrNotFound):
			return nil
		case errors.Is(err, driver.ErrCorrupt):
			_, _, err = st.store.Delete(ctx, key)
			return err
		case err != nil:
			return err
		}
		ttl := driver.Never
		if st.expirer != nil {
			if ttl, err = st.expirer.TTL(ctx, key); errors.Is(err, driver.ErrNotFound) {
				return nil
			} else if err != nil {
				return err
			}
		}
		replaced, err := st.replacer.Replace(ctx, key, bytes.Clone(old), inv.Record(old, ""), ttl)
		if replaced || err != nil {
			return err
		}
	}
}
