package cache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/signals"
)

// fleet is a store of several servers, of which the one for keys that contain
// "down" fails with an error unless that is nil.
type fleet struct {
	manyStore
	failure *error
}

func newFleet() fleet {
	f := fleet{newManyStore(), new(error)}
	f.hook = func(_ context.Context, op, key string) error {
		if strings.Contains(key, "down") && !strings.HasSuffix(op, "Many") {
			return *f.failure
		}
		return nil
	}
	return f
}

func (f fleet) errs(keys [][]byte) []error {
	errs := make([]error, len(keys))
	for i, key := range keys {
		if strings.Contains(string(key), "down") {
			errs[i] = *f.failure
		}
	}
	return errs
}

func (f fleet) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	values, err := f.manyStore.GetMany(ctx, keys)
	errs := f.errs(keys)
	for i := range values {
		if errs[i] != nil {
			values[i] = nil
		}
	}
	return values, errors.Join(err, driver.Partial(errs))
}

func (f fleet) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	keys := make([][]byte, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	errs := f.errs(keys)
	for i, item := range items {
		if errs[i] == nil {
			errs[i] = f.Set(ctx, item.Key, item.Value, ttl)
		}
	}
	if driver.Partial(errs) == nil {
		return nil, nil
	}
	return errs, nil
}

func (f fleet) DeleteMany(ctx context.Context, keys [][]byte) error {
	errs := f.errs(keys)
	for i, key := range keys {
		if errs[i] == nil {
			_, _, errs[i] = f.Delete(ctx, key)
		}
	}
	return driver.Partial(errs)
}

// oneByOne is a fleet without the many-operations.
type oneByOne struct{ *mapStore }

// partly runs a test over a store of which a part is down, with the
// many-operations and without.
func partly(t *testing.T, cfg cache.Config, failure error, test func(t *testing.T, c *cache.BaseCache, log *eventLog)) {
	t.Helper()
	for form, one := range map[string]bool{"in one call": false, "one by one": true} {
		t.Run(form, func(t *testing.T) {
			f := newFleet()
			var store driver.Store = f
			if one {
				store = oneByOne{f.mapStore}
			}
			events := new(signals.Signal[cache.Event])
			log := record(events)
			c := newCache(t, store, cfg, cache.WithEvents(events), quiet)
			if _, err := c.SetMany(t.Context(), map[string]any{"a": 1, "b": 2, "down1": 3, "down2": 4}); err != nil {
				t.Fatal(err)
			}
			log.take()
			*f.failure = failure
			test(t, c, log)
		})
	}
}

// wantKeys fails the test unless err names exactly these keys, and their cause.
func wantKeys(t *testing.T, what string, err, cause error, keys ...string) {
	t.Helper()
	var failed *cache.KeysError
	if !errors.As(err, &failed) || !slices.Equal(failed.Keys, keys) || len(failed.Errs) != len(keys) || !errors.Is(err, cause) {
		t.Errorf("%s: error %v, want one that names %q and matches %v", what, err, keys, cause)
	}
}

// With some servers down, GetMany returns what the others have and names the keys that failed.
func TestGetManyReturnsWhatTheHealthyServersHaveAndNamesTheKeysThatFailed(t *testing.T) {
	asked := []string{"down2", "a", "missing", "down1", "b", "a", "down2"}
	partly(t, cache.Config{}, errBackend, func(t *testing.T, c *cache.BaseCache, log *eventLog) {
		found, err := c.GetMany(t.Context(), asked)
		if len(found) != 2 {
			t.Errorf("GetMany = %v, want a and b", found)
		}
		wantKeys(t, "GetMany", err, errBackend, "down2", "down1")
		want := []string{"hit GetMany a", "miss GetMany missing", "hit GetMany b", "hit GetMany a", "error GetMany"}
		if got := log.take(); !slices.Equal(got, want) {
			t.Errorf("published %q, want %q", got, want)
		}
		values, err := cache.For[int](c).GetMany(t.Context(), asked)
		if len(values) != 2 || values["a"] != 1 || values["b"] != 2 {
			t.Errorf("of a view: %v, want a and b", values)
		}
		wantKeys(t, "GetMany of a view", err, errBackend, "down2", "down1")
		values, err = cache.For[int](c).Async().GetMany(t.Context(), asked).Await(t.Context())
		if len(values) != 2 {
			t.Errorf("asynchronously: %v, want a and b", values)
		}
		wantKeys(t, "GetMany, asynchronously", err, errBackend, "down2", "down1")
	})
	partly(t, cache.Config{OnError: cache.MissOnError}, errBackend, func(t *testing.T, c *cache.BaseCache, _ *eventLog) {
		values, err := cache.For[int](c).GetMany(t.Context(), asked)
		if len(values) != 2 || err != nil {
			t.Errorf("with MissOnError: %v, %v, want a and b without an error", values, err)
		}
	})
}

// With MissOnError, SetMany returns the keys that an outage kept from being stored, and no error.
func TestSetManyWithMissOnErrorReturnsTheKeysThatFailedWithoutAnError(t *testing.T) {
	partly(t, cache.Config{OnError: cache.MissOnError}, errBackend, func(t *testing.T, c *cache.BaseCache, _ *eventLog) {
		failed, err := c.SetMany(t.Context(), map[string]any{"a": 5, "down1": 7, "down2": 8})
		if !slices.Equal(failed, []string{"down1", "down2"}) || err != nil {
			t.Errorf("SetMany = %q, %v", failed, err)
		}
	})
}

// With some servers down, SetMany and DeleteMany name exactly the keys that failed.
func TestSetManyAndDeleteManyNameExactlyTheKeysThatFailed(t *testing.T) {
	partly(t, cache.Config{}, errBackend, func(t *testing.T, c *cache.BaseCache, log *eventLog) {
		failed, err := c.SetMany(t.Context(), map[string]any{"a": 5, "b": 6, "down1": 7})
		if !slices.Equal(failed, []string{"down1"}) {
			t.Errorf("SetMany failed for %q", failed)
		}
		wantKeys(t, "SetMany", err, errBackend, "down1")
		wantKeys(t, "DeleteMany", c.DeleteMany(t.Context(), []string{"a", "down1", "missing", "down2"}), errBackend, "down1", "down2")
		failed, err = c.SetMany(t.Context(), map[string]any{"b": 1, "down1": 2}, cache.After(0))
		wantKeys(t, "SetMany of what expires at once", err, errBackend, failed...)
		want := []string{
			"set SetMany a", "set SetMany b", "error SetMany",
			"delete DeleteMany a", "delete DeleteMany missing", "error DeleteMany",
			"delete SetMany b", "error SetMany",
		}
		if got := log.take(); !slices.Equal(got, want) {
			t.Errorf("published %q, want %q", got, want)
		}
		for _, key := range []string{"a", "b"} {
			if found, err := c.Has(t.Context(), key); found || err != nil {
				t.Errorf("%s is still there, %v", key, err)
			}
		}
	})
}

// A many-operation that goes key by key calls a backend that does not answer once, and does not
// wait for it at each key.
func TestOneByOneABackendThatDoesNotAnswerIsAskedOnce(t *testing.T) {
	f := newFleet()
	*f.failure = os.ErrDeadlineExceeded
	c := newCache(t, oneByOne{f.mapStore}, cache.Config{})
	found, err := c.GetMany(t.Context(), []string{"a", "down1", "b", "down2"})
	if found == nil || f.count("Get") != 2 {
		t.Errorf("GetMany = %v after %d calls, want 2", found, f.count("Get"))
	}
	wantKeys(t, "GetMany", err, os.ErrDeadlineExceeded, "down1", "b", "down2")
}

// The breaker opens only if no server answers: it would refuse what the healthy servers have.
func TestABreakerIsOpenedOnlyIfNoServerAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		keys []string
		want error
	}{
		"some answer": {[]string{"a", "down1"}, errBackend},
		"none does":   {[]string{"down1", "down2"}, cache.ErrUnavailable},
	} {
		f := newFleet()
		*f.failure = errBackend
		for op, do := range map[string]func(c *cache.BaseCache) error{
			"GetMany": func(c *cache.BaseCache) error { _, err := c.GetMany(t.Context(), test.keys); return err },
			"SetMany": func(c *cache.BaseCache) error {
				items := make(map[string]any)
				for _, key := range test.keys {
					items[key] = 1
				}
				_, err := c.SetMany(t.Context(), items)
				return err
			},
			"DeleteMany": func(c *cache.BaseCache) error { return c.DeleteMany(t.Context(), test.keys) },
		} {
			c := newCache(t, f, cache.Config{BreakerFailures: 3, BreakerCooldown: time.Hour}, quiet)
			for range 10 {
				_ = do(c)
			}
			if err := do(c); !errors.Is(err, test.want) {
				t.Errorf("%s: %s after ten failures: %v, want %v", name, op, err, test.want)
			}
		}
	}
}

// A backend counts as unresponsive only if none of its servers answers.
func TestABackendIsUnresponsiveOnlyIfNoServerAnswers(t *testing.T) {
	f := newFleet()
	*f.failure = os.ErrDeadlineExceeded
	c := newCache(t, f, cache.Config{}, quiet, cache.WithClock(f.clock))
	if err := c.Set(t.Context(), "a", 1, cache.Never); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetMany(t.Context(), []string{"a", "down1"}); err == nil || hooks.Cache.IsUnresponsive(c) {
		t.Errorf("after an answer in part: %v, silent %t", err, hooks.Cache.IsUnresponsive(c))
	}
	if _, err := c.GetMany(t.Context(), []string{"down2", "down1"}); err == nil || !hooks.Cache.IsUnresponsive(c) {
		t.Errorf("after no answer: %v, silent %t", err, hooks.Cache.IsUnresponsive(c))
	}
	// The look-up that is to find out whether it answers again has its answer.
	f.clock.Advance(time.Hour)
	if found, err := c.GetMany(t.Context(), []string{"a", "down1"}, cache.FailOpen); len(found) != 1 || err == nil || hooks.Cache.IsUnresponsive(c) {
		t.Errorf("after another answer in part: %v, %v, silent %t", found, err, hooks.Cache.IsUnresponsive(c))
	}
}

// The text of an error about keys is short, however many keys failed.
func TestTheTextOfAKeysErrorIsShortHoweverManyFail(t *testing.T) {
	f := newFleet()
	*f.failure = errBackend
	keys := []string{"a"}
	for i := range 1000 {
		keys = append(keys, fmt.Sprint("down", i))
	}
	_, err := newCache(t, f, cache.Config{}).GetMany(t.Context(), keys)
	if want := `cache "store": GetMany: "down0" and 999 more: connection refused`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
