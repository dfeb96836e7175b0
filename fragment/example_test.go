package fragment_test

import (
	"context"
	"fmt"
	"html/template"
	"os"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
)

func Example() {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		panic(err)
	}
	ctx := context.Background() // in a handler, that of the request
	defer caches.Shutdown(ctx)
	ctx = caches.Scope(ctx)

	const text = `
{{- define "page"}}{{.Title}}: {{fragment "menu" .Menu .Lang}}
{{end -}}
{{- define "menu"}}{{range .}}<a>{{.}}</a>{{end}}{{end -}}`
	pages, err := fragment.New(
		template.Must(template.New("").Funcs(fragment.Funcs()).Parse(text)),
		fragment.For("menu", fragment.Timeout(cache.After(5*time.Minute))),
	)
	if err != nil {
		panic(err)
	}

	type page struct {
		Title, Lang string
		Menu        []string
	}
	show := func(p page) {
		if err := pages.Execute(ctx, os.Stdout, "page", p); err != nil {
			panic(err)
		}
	}
	show(page{"Home", "en", []string{"Hats", "Shoes & socks"}})
	show(page{"Hats", "en", []string{"Hats", "Shoes & socks", "Coats"}})
	show(page{"Hüte", "de", []string{"Hüte", "Schuhe & Socken"}})

	deleted, err := pages.Delete(ctx, "menu", "en")
	fmt.Println(deleted, err)
	show(page{"Hats", "en", []string{"Hats", "Shoes & socks", "Coats"}})
	// Output:
	// Home: <a>Hats</a><a>Shoes &amp; socks</a>
	// Hats: <a>Hats</a><a>Shoes &amp; socks</a>
	// Hüte: <a>Hüte</a><a>Schuhe &amp; Socken</a>
	// true <nil>
	// Hats: <a>Hats</a><a>Shoes &amp; socks</a><a>Coats</a>
}

func ExampleKey() {
	key, err := fragment.Key("menu", "en")
	fmt.Println(key, err)
	// Output:
	// fragment:PVQw4LohCTVpVi2x0ZHEWAdQJ0GP_EqUcvVbv_iSQnc <nil>
}
