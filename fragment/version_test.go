package fragment_test

import (
	"testing"

	"github.com/larder-go/larder/cache"
)

// A template that has changed shows its new markup.
func TestATemplateThatHasChangedShowsItsNewMarkup(t *testing.T) {
	tests := map[string]struct {
		before, after string
		again         bool
	}{
		"its own text":         {`{{define "m"}}{{count}}<b>{{end}}`, `{{define "m"}}{{count}}<i>{{end}}`, true},
		"a template in it":     {`{{define "m"}}{{template "x"}}{{end}}{{define "x"}}{{count}}<b>{{end}}`, `{{define "m"}}{{template "x"}}{{end}}{{define "x"}}{{count}}<i>{{end}}`, true},
		"a fragment in it":     {`{{define "m"}}{{count}}{{fragment "x" .}}{{end}}{{define "x"}}<b>{{end}}`, `{{define "m"}}{{count}}{{fragment "x" .}}{{end}}{{define "x"}}<i>{{end}}`, true},
		"perhaps one in it":    {`{{define "m"}}{{count}}{{fragment .N .}}{{end}}{{define "x"}}<b>{{end}}`, `{{define "m"}}{{count}}{{fragment .N .}}{{end}}{{define "x"}}<i>{{end}}`, true},
		"in a branch of it":    {`{{define "m"}}{{count}}{{if .N}}{{with .N}}{{else}}{{template "y"}}{{end}}{{end}}{{end}}{{define "y"}}1{{end}}{{define "x"}}{{end}}`, `{{define "m"}}{{count}}{{if .N}}{{with .N}}{{else}}{{template "y"}}{{end}}{{end}}{{end}}{{define "y"}}2{{end}}{{define "x"}}{{end}}`, true},
		"another template":     {`{{define "m"}}{{count}}{{end}}{{define "x"}}<b>{{end}}`, `{{define "m"}}{{count}}{{end}}{{define "x"}}<i>{{end}}`, false},
		"templates that recur": {`{{define "m"}}{{count}}{{if .Deep}}{{template "m" .}}{{end}}{{end}}{{define "x"}}{{end}}`, `{{define "m"}}{{count}}{{if .Deep}}{{template "m" .}}{{end}}{{end}}{{define "x"}}2{{end}}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := inMemory(t)
			data := map[string]string{"N": "x"}
			const page = `{{fragment "m" .}}`
			before, after := new(counter), new(counter)
			show(t, ctx, newSet(t, parse(t, test.before+page, before, nil)), data)
			before.want(t, 1)
			s := newSet(t, parse(t, test.after+page, after, nil))
			first := show(t, ctx, s, data)
			wantText(t, show(t, ctx, s, data), first)
			want := int32(0)
			if test.again {
				want = 1
			}
			after.want(t, want)
		})
	}
}

// Two releases on one store each show their own markup.
func TestTwoReleasesAtOnceEachShowTheirOwn(t *testing.T) {
	ctx := inMemory(t)
	old := newSet(t, parse(t, `{{define "m"}}old{{end}}{{fragment "m" .}}`, nil, nil))
	recent := newSet(t, parse(t, `{{define "m"}}new{{end}}{{fragment "m" .}}`, nil, nil))
	for range 3 {
		wantText(t, show(t, ctx, old, nil), "old")
		wantText(t, show(t, ctx, recent, nil), "new")
	}
	// Either can delete it.
	if deleted, err := old.Delete(ctx, "m"); !deleted || err != nil {
		t.Errorf("Delete: %v, %v", deleted, err)
	}
}

// A foreign entry under the key of a fragment is not shown.
func TestAnEntryOfSomethingElseIsNotShown(t *testing.T) {
	ctx := inMemory(t)
	s := newSet(t, parse(t, menu, nil, nil))
	k := key(t, "menu", "en")
	if err := cache.From(ctx, "default").Set(ctx, k, nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, show(t, ctx, s, in("en", "Hats")), "<b>Hats</b>")
	if err := cache.From(ctx, "default").Set(ctx, k, "<script>"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, failure(t, ctx, s, in("en", "Hats")), cache.ErrWrongType)
}
