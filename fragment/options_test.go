package fragment_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
)

// optionEffects has an entry for each option: how often two fragments are rendered for
// a page that is shown twice, with something in between, with the option and without. With
// two sets, the option is that of the second.
var optionEffects = map[string]struct {
	option        fragment.Option
	then          func(t *testing.T, caches *cache.Handler)
	twoSets       bool
	with, without int32
}{
	"Alias":     {fragment.Alias("fragments"), clearing("fragments"), false, 4, 2},
	"Timeout":   {fragment.Timeout(cache.After(time.Second)), waiting(2 * time.Second), false, 4, 2},
	"KeyPrefix": {fragment.KeyPrefix("other"), waiting(0), true, 4, 2},
	"For":       {fragment.For("menu", fragment.Timeout(cache.After(time.Second))), waiting(2 * time.Second), false, 3, 2},
}

func clearing(alias string) func(*testing.T, *cache.Handler) {
	return func(t *testing.T, caches *cache.Handler) {
		c, err := caches.Cache(alias)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func waiting(d time.Duration) func(*testing.T, *cache.Handler) {
	return func(*testing.T, *cache.Handler) { time.Sleep(d) }
}

// Each option has its effect.
func TestEachOptionHasItsEffect(t *testing.T) {
	for name, test := range optionEffects {
		t.Run(name, func(t *testing.T) {
			for _, is := range []struct {
				opts []fragment.Option
				want int32
			}{{[]fragment.Option{test.option}, test.with}, {nil, test.without}} {
				synctest.Test(t, func(t *testing.T) {
					caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}, "fragments": {Backend: "memory", Location: "fragments"}})
					if err != nil {
						t.Fatal(err)
					}
					defer caches.Shutdown(t.Context())
					c := new(counter)
					parsed := parse(t, `{{define "menu"}}{{count}}{{end}}{{define "news"}}{{count}}{{end}}{{fragment "menu" .}}{{fragment "news" .}}`, c, nil)
					second := newSet(t, parsed, is.opts...)
					first := second
					if test.twoSets {
						first = newSet(t, parsed)
					}
					ctx := caches.Scope(t.Context())
					show(t, ctx, first, nil)
					test.then(t, caches)
					show(t, ctx, second, nil)
					c.want(t, is.want)
				})
			}
		})
	}
}

// Each exported option has a test of its effect. The test reads the package, so that a new option
// needs one.
func TestNoOptionIsWithoutATestOfItsEffect(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "options.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Type.Results == nil || !f.Name.IsExported() {
			continue
		}
		if _, tested := optionEffects[f.Name.Name]; !tested {
			t.Errorf("there is no effect of %s", f.Name.Name)
		}
	}
}
