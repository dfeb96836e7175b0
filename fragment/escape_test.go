package fragment_test

import (
	"html/template"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
)

// everywhere shows a value in each kind of place that html/template knows.
const everywhere = `{{define "part"}}
<p title="{{.}}" data-x='{{.}}' class={{.}}>{{.}}</p>
<!-- {{.}} --><textarea>{{.}}</textarea><title>{{.}}</title>
<a href="{{.}}">absolute</a><a href="/search?q={{.}}&amp;p={{.}}#{{.}}">query</a><img src='{{.}}' srcset="{{.}} 2x">
<a onclick="go({{.}}, '{{.}}')" style="width: {{.}}; background: url('{{.}}')">handlers</a>
<script>const v = {{.}}, s = "{{.}}", r = /{{.}}/, t = ` + "`{{.}}`" + `;</script>
<script type="application/json">{"v": {{.}}}</script>
<style>p { color: {{.}}; content: "{{.}}" }</style>
{{range $i, $c := .}}{{$i}}{{$c}}{{else}}none{{end}}
{{if .}}<b {{.}}="x">{{.}}</b>{{end}}{{- /* nothing */ -}}
<p>after</p>{{end}}`

// hostile are values that break out of places where they are not escaped.
var hostile = map[string]any{
	"a script":          "</script><script>alert(1)</script>",
	"a textarea":        "</textarea></title></style><img src=x onerror=alert(1)>",
	"a quote":           `" onmouseover="alert(1)`,
	"a single quote":    `' onmouseover='alert(1)`,
	"a comment":         "--><b>out</b><!--",
	"a URL":             "javascript:alert(document.cookie)",
	"a URL with data":   "data:text/html,<script>alert(1)</script>",
	"CSS":               "expression(alert(1)); } body { background: url(javascript:alert(1))",
	"JS":                "1; alert(1); //\u2028\u2029",
	"a template of JS":  "${alert(1)}`",
	"an action":         `{{fragment "part" .}}{{.Secret}}`,
	"not UTF-8":         "a\xff\xfe\x00b",
	"an entity":         "&lt;b&gt; &amp; &#34;",
	"nothing":           "",
	"markup":            template.HTML("<i>&amp;</i>"),
	"an attribute":      template.HTMLAttr(`dir="ltr"`),
	"markup of scripts": template.JS("f(1)"),
	"text of scripts":   template.JSStr(`a\"b`),
	"styles":            template.CSS("red"),
	"a trusted URL":     template.URL("javascript:f()"),
	"a set of sources":  template.Srcset("/a 1x, /b 2x"),
	"bytes":             []byte("<b>"),
	"a number":          -1.5e9,
	"a list":            []string{"<", "'"},
	"a struct": struct {
		A string `json:"</script>"`
	}{"</script>"},
	"nil": nil,
}

// A fragment is escaped exactly as without the cache, on every backend.
func TestAFragmentIsEscapedExactlyAsItIsWithoutTheCache(t *testing.T) {
	plain := parse(t, everywhere+`{{template "part" .Value}}`, nil, nil)
	cached := newSet(t, parse(t, everywhere+`{{fragment "part" .Value .Name}}`, nil, nil))
	for _, backend := range testbackends.All() {
		t.Run(backend.Name, func(t *testing.T) {
			ctx := inCaches(t, cache.Settings{"default": backend.Config(t)})
			for name, value := range hostile {
				t.Run(name, func(t *testing.T) {
					data := map[string]any{"Value": value, "Name": name}
					var want strings.Builder
					if err := plain.Execute(&want, data); err != nil {
						// What html/template cannot show, a fragment cannot either.
						if err := failure(t, ctx, cached, data); err == nil {
							t.Error("the fragment is shown")
						}
						return
					}
					for _, when := range []string{"made", "from the cache"} {
						if got := show(t, ctx, cached, data); got != want.String() {
							t.Errorf("%s, it is\n%s\nwithout the cache\n%s", when, got, want.String())
						}
					}
				})
			}
		})
	}
}

// What stands around a fragment is escaped as before.
func TestWhatStandsAroundAFragmentIsEscapedAsBefore(t *testing.T) {
	const around = `<p id="{{.}}">{{.}}`
	plain := parse(t, `{{define "part"}}<b>{{.}}</b>{{end}}`+around+`{{template "part" .}}`+around, nil, nil)
	cached := newSet(t, parse(t, `{{define "part"}}<b>{{.}}</b>{{end}}`+around+`{{fragment "part" .}}`+around, nil, nil))
	var want strings.Builder
	if err := plain.Execute(&want, `"><script>`); err != nil {
		t.Fatal(err)
	}
	wantText(t, show(t, inMemory(t), cached, `"><script>`), want.String())
}

// Options of the templates hold in fragments.
func TestOptionsOfTheTemplatesHoldInFragments(t *testing.T) {
	parsed := parse(t, `{{define "part"}}{{.missing}}{{end}}{{fragment "part" .}}`, nil, nil).Option("missingkey=error")
	err := failure(t, inMemory(t), newSet(t, parsed), map[string]string{})
	if !strings.Contains(err.Error(), `no entry for key "missing"`) {
		t.Errorf("the error is %v", err)
	}
}

// Templates with other delimiters work.
func TestOtherDelimitersWork(t *testing.T) {
	parsed, err := parse(t, "", nil, nil).New("page").Delims("<<", ">>").Parse(`<<define "part">>[<<.>>]<<end>><p><<fragment "part" .>></p>`)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, show(t, inMemory(t), newSet(t, parsed), "<"), "<p>[&lt;]</p>")
}
