package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
)

// An error names operation, alias and key.
func TestAnErrorNamesOperationAliasAndKey(t *testing.T) {
	cause := errors.New("cause")
	tests := []struct {
		err  *cache.Error
		want string
	}{
		{&cache.Error{Op: "Get", Alias: "default", Key: "user:1", Err: cause}, `cache "default": Get "user:1": cause`},
		{&cache.Error{Op: "Clear", Alias: "pages", Err: cause}, `cache "pages": Clear: cause`},
		{&cache.Error{Op: "Get", Alias: "a\nb", Key: "k\x00\xff", Err: cause}, `cache "a\nb": Get "k\x00\xff": cause`},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("the text is %s, want %s", got, test.want)
		}
		if !errors.Is(test.err, cause) {
			t.Errorf("%v does not match its cause", test.err)
		}
	}
}

// A long key is shortened in the text of an error.
func TestALongKeyIsShortenedInAnError(t *testing.T) {
	err := &cache.Error{Op: "Get", Alias: "a", Key: strings.Repeat("k", 1<<20), Err: errors.New("cause")}
	if text := err.Error(); len(text) > 400 || !strings.Contains(text, `kkk…"`) {
		t.Errorf("%d bytes of text", len(text))
	}
	if len(err.Key) != 1<<20 {
		t.Error("the field is shortened too")
	}
}

// A driver's error is wrapped exactly once by every operation.
func TestTheErrorOfAStoreIsWrappedOnceByEveryOperation(t *testing.T) {
	dial := &dialError{host: "db"}
	s := newMapStore()
	s.hook = func(context.Context, string, string) error { return dial }
	c := newCache(t, struct {
		*mapStore
		withCounter
		withReplacer
	}{s, withCounter{s}, withReplacer{s}}, cache.Config{})
	for name, op := range everyOperation {
		err := op(t.Context(), c, "k")
		var wrapped *cache.Error
		if !errors.As(err, &wrapped) || wrapped.Op != name || wrapped.Alias != "store" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var raw *dialError
		if !errors.As(err, &raw) || raw != dial {
			t.Errorf("%s: the driver's error is lost: %v", name, err)
		}
		if n := strings.Count(err.Error(), "cache "); n != 1 {
			t.Errorf("%s: wrapped %d times: %v", name, n, err)
		}
	}
}

type dialError struct{ host string }

func (e *dialError) Error() string { return fmt.Sprintf("dial %s: refused", e.host) }

// Every operation returns the error of a context that has ended.
func TestAContextThatHasEndedIsTheErrorOfEveryOperation(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withCounter
		withReplacer
	}{s, withCounter{s}, withReplacer{s}}, cache.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the client left"))
	for name, op := range everyOperation {
		if err := op(ctx, c, "k"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The sentinel errors of drivers and codecs are those of package cache.
func TestTheErrorsOfDriversAndCodecsAreTheCaches(t *testing.T) {
	pairs := map[error]error{
		cache.ErrNotFound:    driver.ErrNotFound,
		cache.ErrCorrupt:     driver.ErrCorrupt,
		cache.ErrTooLarge:    driver.ErrTooLarge,
		cache.ErrNotInteger:  driver.ErrNotInteger,
		cache.ErrOverflow:    driver.ErrOverflow,
		cache.ErrInvalidKey:  driver.ErrInvalidKey,
		cache.ErrClosed:      driver.ErrClosed,
		cache.ErrUnsupported: driver.ErrUnsupported,
		cache.ErrUnencodable: codec.ErrUnencodable,
		cache.ErrWrongType:   codec.ErrWrongType,
	}
	for ours, theirs := range pairs {
		if ours != theirs {
			t.Errorf("%v and %v are not the same", ours, theirs)
		}
	}
	if len(pairs) != 10 {
		t.Errorf("two of the errors are one")
	}
}
