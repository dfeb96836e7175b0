package cache_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

// gatedCodec waits at the gate before it decodes.
type gatedCodec struct {
	codec.Codec
	gate chan struct{}
}

func (c gatedCodec) Decode(data []byte, dst any) error {
	<-c.gate
	return c.Codec.Decode(data, dst)
}

// A lookup that begins after Delete has returned does not get a value that was loaded before, in
// this process. A load that starts while Delete runs may find the old entry, and later callers must
// not join it.
func TestALookUpAfterADeleteDoesNotGetAValueLoadedBeforeIt(t *testing.T) {
	type document struct{ Text string }
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		deleting := make(chan struct{})
		s.hook = func(_ context.Context, op, _ string) error {
			if op == "Delete" {
				<-deleting
			}
			return nil
		}
		gated := gatedCodec{codec.CBOR, make(chan struct{})}
		documents := cache.For[document](newCache(t, s, cache.Config{Codec: gated}))
		elsewhere := cache.For[document](newCache(t, s, cache.Config{}))
		load := func(text string, before func()) func(context.Context) (document, error) {
			return func(context.Context) (document, error) {
				before()
				return document{text}, nil
			}
		}

		deleted, early, late := make(chan struct{}), make(chan struct{}), make(chan document)
		go func() {
			defer close(deleted)
			if _, err := documents.Cache().Delete(t.Context(), "k"); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		go func() {
			defer close(early)
			_, err := documents.GetOrSet(t.Context(), "k", load("early", func() {
				if err := elsewhere.Set(t.Context(), "k", document{"old"}); err != nil {
					t.Error(err)
				}
			}))
			if err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait() // the load has lost to "old" and is about to decode it
		close(deleting)
		<-deleted
		go func() {
			got, err := documents.GetOrSet(t.Context(), "k", load("fresh", func() {}))
			if err != nil {
				t.Error(err)
			}
			late <- got
		}()
		synctest.Wait()
		close(gated.gate)
		if got := <-late; got.Text != "fresh" {
			t.Errorf("after Delete: %q, want what was loaded after it", got.Text)
		}
		<-early
	})
}
