package fragment_test

import (
	"context"
	"html/template"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
)

// translated returns a set of one text with the function of one language, as programs
// have that make a set for each.
func translated(t *testing.T, text, home string, opts ...fragment.Option) *fragment.Set {
	return newSet(t, parse(t, text, nil, template.FuncMap{"t": func(string) string { return home }}), opts...)
}

// Two sets of the same text with other functions share entries unless they have different prefixes.
// The entry of a fragment knows the text of its templates, and not what functions they call;
// docs/fragments.md says what to do.
func TestSetsOfOneTextWithOtherFunctions(t *testing.T) {
	const (
		careless  = `{{define "menu"}}{{t "home"}}{{end}}{{fragment "menu" .}}`
		byValue   = `{{define "menu"}}{{t "home"}}{{end}}{{fragment "menu" . .}}`
		en, de    = "Home", "Start"
		sharesOne = "Home, Home"
		right     = "Home, Start"
	)
	for name, test := range map[string]struct {
		text   string
		en, de []fragment.Option
		want   string
	}{
		"as they are":   {text: careless, want: sharesOne},
		"with prefixes": {text: careless, en: []fragment.Option{fragment.KeyPrefix("en")}, de: []fragment.Option{fragment.KeyPrefix("de")}, want: right},
		"for one of several fragments": {
			text: careless, en: nil, de: []fragment.Option{fragment.For("menu", fragment.KeyPrefix("de"))}, want: right,
		},
		"by a value": {text: byValue, want: right},
	} {
		ctx := inMemory(t)
		english, german := translated(t, test.text, en, test.en...), translated(t, test.text, de, test.de...)
		if got := show(t, ctx, english, "en") + ", " + show(t, ctx, german, "de"); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// The key of a fragment has the prefix of its set.
func TestTheKeyOfAFragmentHasThePrefixOfItsSet(t *testing.T) {
	ctx := inMemory(t)
	plain, prefixed := newSet(t, parse(t, menu, nil, nil)), newSet(t, parse(t, menu, nil, nil), fragment.KeyPrefix("de"))
	show(t, ctx, plain, in("en", "Hats"))
	show(t, ctx, prefixed, in("en", "Hats"))
	k, err := prefixed.Key("menu", "en")
	if other, errOther := fragment.PrefixedKey("de", "menu", "en"); err != nil || errOther != nil || k != other || k == key(t, "menu", "en") {
		t.Errorf("Set.Key is %s, %v, and PrefixedKey %s, %v", k, err, other, errOther)
	}
	if has, err := cache.From(ctx, "default").Has(ctx, k); !has || err != nil {
		t.Errorf("nothing is there: %v", err)
	}
	if deleted, err := prefixed.Delete(ctx, "menu", "en"); !deleted || err != nil {
		t.Errorf("Delete: %v, %v", deleted, err)
	}
	if has, err := cache.From(ctx, "default").Has(ctx, key(t, "menu", "en")); !has || err != nil {
		t.Errorf("the fragment of the other set is gone: %v", err)
	}
	_, err = prefixed.Key("men")
	wantErr(t, err, fragment.ErrUnknown)
	// A prefix is no name, and none is a part of one.
	seen := make(map[string]bool)
	for _, parts := range [][3]string{{"", "a", "b"}, {"a", "b", ""}, {"b", "a", ""}, {"ab", "c", ""}, {"a", "bc", ""}, {"a", "b", "c"}} {
		k, err := fragment.PrefixedKey(parts[0], parts[1], parts[2])
		if err != nil || seen[k] {
			t.Errorf("%q: %s, %v", parts, k, err)
		}
		seen[k] = true
	}
}

// A fragment may use the data of a page after its Execute has returned: the first page may leave
// while others wait. docs/fragments.md says that these data must not change then.
func TestTheDataOfAFragmentAreUsedAfterExecuteHasReturned(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context) {
		release := make(chan struct{})
		s := newSet(t, parse(t, `{{define "menu"}}{{wait}}{{range .}}{{.}} {{end}}{{end}}{{fragment "menu" .}}`, nil,
			template.FuncMap{"wait": func() string { <-release; return "" }}))
		data := []string{"Hats", "Shoes"}
		first, leave := context.WithCancel(ctx)
		left := make(chan error)
		go func() { left <- s.Execute(first, new(strings.Builder), "page", data) }()
		synctest.Wait()
		page := make(chan string)
		go func() { page <- show(t, ctx, s, []string{"its own"}) }()
		synctest.Wait()
		leave()
		wantErr(t, <-left, context.Canceled)
		data[0] = "Gloves" // after Execute has returned: too early
		close(release)
		wantText(t, <-page, "Gloves Shoes ")
	})
}
