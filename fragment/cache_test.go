package fragment_test

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"net/netip"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/fragment"
)

// menu has one fragment, that depends on a language.
const menu = `{{define "menu"}}{{count}}<b>{{.Text}}</b>{{end}}{{fragment "menu" . .Lang}}`

func in(lang any, text string) map[string]any { return map[string]any{"Lang": lang, "Text": text} }

// A fragment is rendered once for the values that it depends on.
// Django, cache template tag
func TestAFragmentIsRenderedOnce(t *testing.T) {
	c := new(counter)
	s, ctx := newSet(t, parse(t, menu, c, nil)), inMemory(t)
	wantText(t, show(t, ctx, s, in("en", "Hats")), "<b>Hats</b>")
	wantText(t, show(t, ctx, s, in("en", "never shown")), "<b>Hats</b>")
	c.want(t, 1)
}

// Other values are another fragment.
// Django, cache template tag
func TestOtherValuesAreAnotherFragment(t *testing.T) {
	c := new(counter)
	s, ctx := newSet(t, parse(t, menu, c, nil)), inMemory(t)
	wantText(t, show(t, ctx, s, in("en", "Hats")), "<b>Hats</b>")
	wantText(t, show(t, ctx, s, in("de", "Hüte")), "<b>Hüte</b>")
	wantText(t, show(t, ctx, s, in("en", "")), "<b>Hats</b>")
	c.want(t, 2)
}

// Fragments are shared between pages.
func TestFragmentsOfOtherPagesAreShared(t *testing.T) {
	c := new(counter)
	page := newSet(t, parse(t, menu+"one page", c, nil))
	other := newSet(t, parse(t, menu+"another", c, nil))
	ctx := inMemory(t)
	show(t, ctx, page, in("en", "Hats"))
	wantText(t, show(t, ctx, other, in("en", "")), "<b>Hats</b>another")
	c.want(t, 1)
}

// A key that is made outside of the template deletes the fragment.
// Django, make_template_fragment_key
func TestAKeyMadeOutsideDeletesAFragment(t *testing.T) {
	c := new(counter)
	s, ctx := newSet(t, parse(t, menu, c, nil)), inMemory(t)
	show(t, ctx, s, in("en", "old"))
	show(t, ctx, s, in("de", "alt"))
	if deleted, err := cache.From(ctx, "default").Delete(ctx, key(t, "menu", "en")); !deleted || err != nil {
		t.Errorf("Delete: %v, %v", deleted, err)
	}
	wantText(t, show(t, ctx, s, in("en", "new")), "<b>new</b>")
	wantText(t, show(t, ctx, s, in("de", "new")), "<b>alt</b>")

	if deleted, err := s.Delete(ctx, "menu", "de"); !deleted || err != nil {
		t.Errorf("Set.Delete: %v, %v", deleted, err)
	}
	wantText(t, show(t, ctx, s, in("de", "neu")), "<b>neu</b>")
	if deleted, err := s.Delete(ctx, "menu", "fr"); deleted || err != nil {
		t.Errorf("Set.Delete of nothing: %v, %v", deleted, err)
	}
}

type lang string

// Values with the same text are the same value.
// Django, make_template_fragment_key
func TestValuesWithTheSameTextAreTheSame(t *testing.T) {
	id := int64(7)
	same := [][]any{
		{"7", 7, id, uint8(7), json.Number("7"), template.HTML("7"), lang("7")},
		{"true", true},
		{"192.0.2.1", netip.MustParseAddr("192.0.2.1")},
		{"2026-01-02T03:04:05Z", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	}
	for _, values := range same {
		for _, v := range values[1:] {
			if key(t, "menu", v) != key(t, "menu", values[0]) {
				t.Errorf("%#v is another than %#v", v, values[0])
			}
		}
	}
}

// Different names and values give different keys.
func TestKeysDiffer(t *testing.T) {
	seen := make(map[string]int)
	for i, k := range []string{
		key(t, "menu"), key(t, "menu", ""), key(t, "menu", "", ""), key(t, "menu", "a"), key(t, "menua"),
		key(t, "menu", "ab", "c"), key(t, "menu", "a", "bc"), key(t, "menu", "abc"), key(t, "menu", "\x01a"),
		key(t, "menu", "a", "b"), key(t, "menu", "b", "a"), key(t, "menu", true), key(t, "menu", 1), key(t, "menu", -1),
	} {
		if j, ok := seen[k]; ok {
			t.Errorf("the keys %d and %d are the same", i, j)
		}
		seen[k] = i
		if len(k) != 52 {
			t.Errorf("%q has %d bytes", k, len(k))
		}
	}
}

// Each fragment is in the cache that its options name.
// Django, cache template tag
func TestEachFragmentIsWhereItsOptionsSay(t *testing.T) {
	const text = `{{define "a"}}a{{end}}{{define "b"}}b{{end}}{{fragment "a" nil}}{{fragment "b" nil}}`
	s := newSet(t, parse(t, text, nil, nil), fragment.For("b", fragment.Alias("menus")), fragment.Alias("fragments"))
	ctx := inCaches(t, cache.Settings{"default": {Backend: "memory"}, "fragments": {Backend: "memory", Location: "f"}, "menus": {Backend: "memory", Location: "m"}})
	wantText(t, show(t, ctx, s, nil), "ab")
	for _, want := range []struct{ alias, name string }{{"fragments", "a"}, {"menus", "b"}} {
		for _, alias := range []string{"default", "fragments", "menus"} {
			has, err := cache.From(ctx, alias).Has(ctx, key(t, want.name))
			if has != (alias == want.alias) || err != nil {
				t.Errorf("%q has fragment %q: %v, %v", alias, want.name, has, err)
			}
		}
	}
}

// ttls is a store that remembers with which timeouts it was asked to store.
type ttls struct {
	driver.Store
	added []time.Duration
}

func (s *ttls) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	s.added = append(s.added, ttl)
	return nil, true, nil
}

func (*ttls) Get(context.Context, []byte) ([]byte, error) { return nil, driver.ErrNotFound }
func (*ttls) Shutdown(context.Context) error              { return nil }

// opened is the settings of a cache over a store.
func opened(s driver.Store) cache.Settings {
	return cache.Settings{"default": {Backend: "test", Opener: &driver.Backend{
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return s, nil },
		Validate: func(driver.Config) error { return nil },
	}}}
}

// A fragment has the timeout that its options say.
func TestAFragmentIsKeptForItsTimeout(t *testing.T) {
	const text = `{{define "a"}}{{end}}{{define "b"}}{{end}}{{define "c"}}{{count}}{{end}}{{fragment "a" nil}}{{fragment "b" nil}}{{fragment "c" nil}}`
	c, store := new(counter), new(ttls)
	s := newSet(t, parse(t, text, c, nil), fragment.Timeout(cache.After(time.Minute)),
		fragment.For("b", fragment.Timeout(cache.Never)), fragment.For("c", fragment.Timeout(cache.After(0))))
	ctx := inCaches(t, opened(store))
	show(t, ctx, s, nil)
	if len(store.added) != 2 || store.added[0] != time.Minute || store.added[1] != driver.Never {
		t.Errorf("stored for %v, want a minute and for ever", store.added)
	}
	show(t, ctx, s, nil)
	c.want(t, 2)
}

// broken is a store that fails.
type broken struct{ driver.Store }

var errBroken = errors.New("broken")

func (broken) Get(context.Context, []byte) ([]byte, error) { return nil, errBroken }
func (broken) Shutdown(context.Context) error              { return nil }

// Pages are shown when the cache of their fragments fails.
func TestPagesAreShownWithoutACacheThatFails(t *testing.T) {
	for name, settings := range map[string]cache.Settings{
		"it fails": opened(broken{}),
		"it cannot be opened": {"default": {Backend: "test", Opener: &driver.Backend{
			Open:     func(context.Context, driver.Config) (driver.Store, error) { return nil, errBroken },
			Validate: func(driver.Config) error { return nil },
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := new(counter)
			s, ctx := newSet(t, parse(t, menu, c, nil)), inCaches(t, settings)
			wantText(t, show(t, ctx, s, in("en", "Hats")), "<b>Hats</b>")
			wantText(t, show(t, ctx, s, in("en", "Shoes")), "<b>Shoes</b>")
			c.want(t, 2)
		})
	}
}

// An alias that does not exist is an error.
func TestAnAliasThatIsNotThereIsAnError(t *testing.T) {
	s := newSet(t, parse(t, menu, nil, nil), fragment.Alias("fragmets"))
	wantErr(t, failure(t, inMemory(t), s, in("en", "")), cache.ErrUnknownAlias)
}

// A fragment that is rendered alone is the one of the pages.
func TestAFragmentAloneIsTheSame(t *testing.T) {
	c := new(counter)
	s, ctx := newSet(t, parse(t, menu, c, nil)), inMemory(t)
	html, err := s.Fragment(ctx, "menu", in("en", "Hats"), "en")
	if err != nil || html != "<b>Hats</b>" {
		t.Errorf("Fragment: %q, %v", html, err)
	}
	wantText(t, show(t, ctx, s, in("en", "")), "<b>Hats</b>")
	c.want(t, 1)
}
