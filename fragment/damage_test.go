package fragment_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// bytesOnly is a store as one in another process is, whose values have a checksum.
type bytesOnly struct{ driver.Store }

// A fragment of which any stored byte has changed is rendered again.
func TestAFragmentOfWhichAnyByteHasChangedIsRenderedAgain(t *testing.T) {
	memory, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	opener := &driver.Backend{
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return bytesOnly{memory}, nil },
		Validate: func(driver.Config) error { return nil },
	}
	ctx := inCaches(t, cache.Settings{"default": {Backend: "memory"}, "parts": {Opener: opener}})
	c := new(counter)
	s := newSet(t, parse(t, menu, c, nil), parts)
	wantText(t, show(t, ctx, s, in("en", "Home")), "<b>Home</b>")
	stored := []byte(cache.DefaultKey("", 1, key(t, "menu", "en")))
	whole, err := memory.Get(t.Context(), stored)
	if err != nil {
		t.Fatal(err)
	}
	whole = bytes.Clone(whole)
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 1 << (i % 8)
		if err := memory.Set(t.Context(), stored, damaged, driver.Never); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second shows what has replaced it
			wantText(t, show(t, ctx, s, in("en", "Home")), "<b>Home</b>")
		}
		c.want(t, int32(2+i))
	}
}
