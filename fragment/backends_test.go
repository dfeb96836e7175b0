package fragment_test

import (
	"context"
	"errors"
	"html/template"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// onEach runs a test with fragments in each of the caches, under another alias than
// the default one. process returns the context of one of several processes.
func onEach(t *testing.T, test func(t *testing.T, process func() context.Context)) {
	for _, backend := range testbackends.Shared() {
		t.Run(backend.Name, func(t *testing.T) {
			config := backend.Config(t)
			test(t, func() context.Context {
				return inCaches(t, cache.Settings{"default": {Backend: "memory"}, "parts": config})
			})
		})
	}
}

var parts = fragment.Alias("parts")

// A fragment that one process rendered is shown by another, on every backend.
func TestWhatOneProcessRendersAnotherShows(t *testing.T) {
	plain := parse(t, everywhere+`{{template "part" .Value}}`, nil, nil)
	onEach(t, func(t *testing.T, process func() context.Context) {
		first, second := process(), process()
		for name, value := range hostile {
			data := map[string]any{"Value": value, "Name": name}
			var want strings.Builder
			if err := plain.Execute(&want, data); err != nil {
				continue // what html/template cannot show
			}
			c := new(counter)
			s := newSet(t, parse(t, everywhere+`{{define "counted"}}{{count}}{{template "part" .Value}}{{end}}{{fragment "counted" . .Name}}`, c, nil), parts)
			for _, ctx := range []context.Context{first, second, first} {
				wantText(t, show(t, ctx, s, data), want.String())
			}
			c.want(t, 1)
		}
	})
}

// Deleting a fragment by its key deletes it for all processes.
func TestAKeyDeletesAFragmentForAllProcesses(t *testing.T) {
	onEach(t, func(t *testing.T, process func() context.Context) {
		c := new(counter)
		s := newSet(t, parse(t, menu, c, nil), parts)
		first, second := process(), process()
		wantText(t, show(t, first, s, in("en", "old")), "<b>old</b>")
		wantText(t, show(t, second, s, in("en", "new")), "<b>old</b>")
		if deleted, err := cache.From(second, "parts").Delete(second, key(t, "menu", "en")); !deleted || err != nil {
			t.Errorf("Delete: %v, %v", deleted, err)
		}
		wantText(t, show(t, first, s, in("en", "new")), "<b>new</b>")
		if deleted, err := s.Delete(first, "menu", "en"); !deleted || err != nil {
			t.Errorf("Set.Delete: %v, %v", deleted, err)
		}
		wantText(t, show(t, second, s, in("en", "newer")), "<b>newer</b>")
		c.want(t, 3)
	})
}

// Concurrent pages render a missing fragment once, on every backend.
func TestAMissIsRenderedOnceUnderLoadWhereverItIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, process func() context.Context) {
		c, release := new(counter), make(chan struct{})
		s := newSet(t, parse(t, slow, c, template.FuncMap{"work": func() (string, error) { <-release; return "x", nil }}), parts)
		ctx := process()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { wantText(t, show(t, ctx, s, nil), "<p><b>x</b></p>") })
		}
		close(release)
		all.Wait()
		c.want(t, 1)
	})
}

// A fragment ends with its timeout, on every backend.
func TestAFragmentEndsWithItsTimeoutWhereverItIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, process func() context.Context) {
		c := new(counter)
		s := newSet(t, parse(t, menu, c, nil), parts, fragment.Timeout(cache.After(time.Second)))
		ctx := process()
		wantText(t, show(t, ctx, s, in("en", "old")), "<b>old</b>")
		testserver.Await(t, func(context.Context) error {
			if page := show(t, ctx, s, in("en", "new")); page != "<b>new</b>" {
				return errors.New("it is there still: " + page)
			}
			return nil
		})
		c.want(t, 2)
	})
}
