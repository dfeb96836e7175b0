package fragment_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
)

// New refuses templates whose fragments cannot work, and says where and why.
func TestWhatNewRefuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a name that no template has":  {`{{fragment "men" .}}`, `page:1:2: {{fragment "men" .}}: no such fragment: no template is called "men"`},
		"an empty name":                {`{{fragment "" .}}`, "no such fragment: the name is empty"},
		"no name":                      {`{{fragment}}`, "a fragment needs a name and data"},
		"no data":                      {`{{fragment "menu"}}`, "a fragment needs a name and data"},
		"a pipeline":                   {`{{fragment "menu" . | html}}`, "an action of its own"},
		"an argument":                  {`{{printf "%s" (fragment "menu" .)}}`, "an action of its own"},
		"a variable":                   {`{{$m := fragment "menu" .}}{{$m}}`, "an action of its own"},
		"a condition":                  {`{{if fragment "menu" .}}{{end}}`, "an action of its own"},
		"the data of another":          {`{{template "menu" (fragment "menu" .)}}`, "an action of its own"},
		"in a list, wrongly":           {`{{range .}}{{else}}{{fragment "men" .}}{{end}}`, "no template is called"},
		"an attribute":                 {`<p title="{{fragment "menu" .}}">`, "page:1:12: {{fragment \"menu\" .}}: a fragment cannot stand in a tag"},
		"a tag":                        {`<p {{fragment "menu" .}}>`, "cannot stand in"},
		"a URL":                        {`<a href="/{{fragment "menu" .}}">`, "cannot stand in"},
		"a script":                     {`<script>x = {{fragment "menu" .}}</script>`, "cannot stand in"},
		"a style":                      {`<style>p { color: {{fragment "menu" .}} }</style>`, "cannot stand in"},
		"a title":                      {`<title>{{fragment "menu" .}}</title>`, "cannot stand in"},
		"a comment":                    {`<!-- {{fragment "menu" .}} -->`, "cannot stand in"},
		"a script within a template":   {`{{define "x"}}<script>{{fragment "menu" .}}</script>{{end}}{{template "x" .}}`, "cannot stand in"},
		"a name that has to be known ": {`{{with "men"}}{{fragment "men" .}}{{end}}`, "no template is called"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := fragment.New(parse(t, `{{define "menu"}}{{end}}`+test.text, nil, nil))
			if err == nil || !strings.Contains(shifted(err), test.want) {
				t.Errorf("the error is %v, want %q in it", err, test.want)
			}
		})
	}
}

// shifted leaves the template before the text out of the columns.
func shifted(err error) string {
	const before = len(`{{define "menu"}}{{end}}`)
	text := err.Error()
	for column := range 100 {
		text = strings.Replace(text, fmt.Sprintf("page:1:%d:", column+before), fmt.Sprintf("page:1:%d:", column), 1)
	}
	return text
}

// New allows fragments wherever they are an action of their own in text.
func TestWhatNewAllows(t *testing.T) {
	for name, text := range map[string]string{
		"text":                      `<p>{{fragment "menu" .}}</p>`,
		"a computed name":           `{{fragment .Name .}}`,
		"values":                    `{{fragment "menu" . 1 "a" .Lang (printf "%d" 2)}}`,
		"a list":                    `{{range .}}<li>{{fragment "menu" .}}{{end}}`,
		"a fragment in a fragment":  `{{define "outer"}}{{fragment "menu" .}}{{end}}{{fragment "outer" .}}`,
		"a part of a tag elsewhere": `{{define "open"}}<p class="{{end}}{{define "close"}}">{{fragment "menu" .}}{{end}}`,
		"an unused broken template": `{{define "broken"}}<a href='{{if .}}"{{end}}{{end}}`,
		"trimmed":                   "<p> {{- fragment \"menu\" . -}} </p>",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := fragment.New(parse(t, `{{define "menu"}}{{end}}`+text, nil, nil)); err != nil {
				t.Error(err)
			}
		})
	}
}

// New returns all that is wrong in one error.
func TestNewReturnsAllThatIsWrong(t *testing.T) {
	_, err := fragment.New(parse(t, `{{fragment "a" .}}{{fragment "b" .}}`, nil, nil),
		fragment.For("c"), fragment.For("page", fragment.For("page")))
	for _, want := range []string{`"a"`, `"b"`, `For: no such fragment: no template is called "c"`, "For within For"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s in it", err, want)
		}
	}
	wantErr(t, err, fragment.ErrUnknown)
}

// Must panics with the error of New.
func TestMustPanicsWithTheError(t *testing.T) {
	s, err := fragment.New(parse(t, menu, nil, nil))
	if fragment.Must(s, err) != s {
		t.Error("it is another Set")
	}
	defer func() {
		if v, ok := recover().(error); !ok || !errors.Is(v, fragment.ErrUnknown) {
			t.Errorf("the panic is %v", v)
		}
	}()
	fragment.Must(fragment.New(parse(t, `{{fragment "men" .}}`, nil, nil)))
}

// Templates that were executed before are refused.
func TestTemplatesThatWereExecutedAreRefused(t *testing.T) {
	parsed := parse(t, "text", nil, nil)
	if err := parsed.Execute(io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := fragment.New(parsed); err == nil {
		t.Error("there is no error")
	}
}

// Templates that were passed to New do not work without their set, and the error says so.
func TestTheTemplatesPassedToNewDoNotWorkAlone(t *testing.T) {
	parsed := parse(t, menu, nil, nil)
	newSet(t, parsed)
	if err := parsed.Execute(io.Discard, in("en", "")); err == nil || !strings.Contains(err.Error(), "fragment.Set") {
		t.Errorf("the error is %v", err)
	}
}

// A value without a text is an error, since a fragment cannot depend on it.
func TestWhatAFragmentCannotDependOn(t *testing.T) {
	var nobody *marshaled
	s, ctx := newSet(t, parse(t, menu, nil, nil)), inMemory(t)
	for name, value := range map[string]any{
		"nil":             nil,
		"a map":           map[string]int{},
		"a list":          []string{"a"},
		"bytes":           []byte("a"),
		"a struct":        struct{ A int }{1},
		"a pointer":       new(struct{}),
		"a nil pointer":   (*int)(nil),
		"a pointer to it": new(*int),
		"no number":       math.NaN(),
		"too much":        math.Inf(-1),
		"a complex one":   complex(1, 2),
		"a function":      func() {},
		"a channel":       make(chan int),
		"no text":         marshaled{errors.New("no text")},
		"nothing to call": nobody,
	} {
		t.Run(name, func(t *testing.T) {
			wantErr(t, failure(t, ctx, s, in(value, "")), fragment.ErrVary)
			_, err := fragment.Key("menu", value)
			wantErr(t, err, fragment.ErrVary)
			_, err = s.Delete(ctx, "menu", value)
			wantErr(t, err, fragment.ErrVary)
		})
	}
	wantErr(t, failure(t, ctx, s, nil), fragment.ErrVary) // a field that is not there
}

// The error about a value says which one it is and what would be right.
func TestTheErrorOfAValueSaysWhichItIsAndWhatWouldBeRight(t *testing.T) {
	const text = `{{define "menu"}}{{end}}{{fragment "menu" . "a" .Lang}}`
	s, ctx := newSet(t, parse(t, text, nil, nil)), inMemory(t)
	for want, value := range map[string]any{
		`at <fragment "menu" . "a" .Lang>: error calling fragment: "menu", value 2: a fragment cannot depend on this value: it is nil (<nil>); say what stands for nothing, as in {{or .Value "none"}}`: nil,
		`"menu", value 2: a fragment cannot depend on this value: a map[string]int has no text; give a string, a boolean, a number or what has a MarshalText`:                                           map[string]int{},
	} {
		if err := failure(t, ctx, s, map[string]any{"Lang": value}); !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// A value is known by its text: numbers that are equal, texts that look like them, and pointers to
// them are one value.
func TestAValueIsToldByItsText(t *testing.T) {
	n, f, text := 7, 7.0, "7"
	pn := &n
	want := key(t, "menu", "7")
	for _, v := range []any{n, int8(7), uint64(7), f, float32(7), text, pn, &pn, &f, &text} {
		if got := key(t, "menu", v); got != want {
			t.Errorf("%T has a key of its own", v)
		}
	}
	moment := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if key(t, "menu", moment) != key(t, "menu", &moment) || key(t, "menu", moment) != key(t, "menu", "2026-01-02T03:04:05Z") {
		t.Error("a pointer to what has a text has another")
	}
	for v, text := range map[float64]string{1.5: "1.5", 1e6: "1000000", 1e21: "1000000000000000000000", -0.25: "-0.25", 0.1: "0.1"} {
		if key(t, "menu", v) != key(t, "menu", text) {
			t.Errorf("the text of %v is not %s", v, text)
		}
	}
	if key(t, "menu", float32(0.1)) != key(t, "menu", "0.1") {
		t.Error("a float32 has the text of a float64")
	}
}

// A page with an error in a value or a template writes nothing.
func TestAPageThatFailsWritesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"a value":             `{{define "menu"}}{{end}}<h1>Hats</h1>{{fragment "menu" . .Nothing}}`,
		"a value, far behind": `{{define "menu"}}{{end}}` + strings.Repeat("<p>Hats</p>", 10_000) + `{{fragment "menu" . .Nothing}}`,
		"in a fragment":       `{{define "menu"}}x{{index .Nothing 3}}{{end}}<h1>Hats</h1>{{fragment "menu" .}}`,
		"in the page":         `<h1>Hats</h1>{{index .Nothing 3}}`,
	} {
		var b strings.Builder
		s, ctx := newSet(t, parse(t, text, nil, nil)), inMemory(t)
		if err := s.Execute(ctx, &b, "page", map[string]any{}); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, and %q was written", name, err, b.String())
		}
	}
}

type leftWriter struct{}

var errLeft = errors.New("the client has left")

func (leftWriter) Write([]byte) (int, error) { return 0, errLeft }

// The error of the writer is returned.
func TestTheErrorOfAWriterIsReturned(t *testing.T) {
	s, ctx := newSet(t, parse(t, "<h1>Hats</h1>", nil, nil)), inMemory(t)
	wantErr(t, s.Execute(ctx, leftWriter{}, "page", nil), errLeft)
}

// New returns what is wrong with options, whatever their order.
func TestNewReturnsWhatIsWrongWithOptionsWhateverTheirOrder(t *testing.T) {
	opts := []fragment.Option{
		nil, fragment.Alias(""), fragment.Alias("a"), fragment.KeyPrefix(""), fragment.KeyPrefix("a\n"),
		fragment.For("menu", fragment.Timeout(cache.Never)), fragment.For("menu", fragment.Timeout(cache.After(1)), nil),
	}
	texts := make(map[string]bool)
	for range len(opts) {
		opts = append(opts[1:], opts[0])
		_, err := fragment.New(parse(t, menu, nil, nil), opts...)
		texts[fmt.Sprint(err)] = true
	}
	const want = `fragment: Alias: it is given 2 times; it holds one value
fragment: Alias: the name is empty; without the option it is "default"
fragment: For("menu"): Timeout: it is given 2 times; it holds one value
fragment: For("menu"): an option is nil; options are what the functions of this package return
fragment: KeyPrefix: ""; it has to be printable, and not empty
fragment: KeyPrefix: "a\n"; it has to be printable, and not empty
fragment: KeyPrefix: it is given 2 times; it holds one value
fragment: an option is nil; options are what the functions of this package return`
	if len(texts) != 1 || !texts[want] {
		t.Errorf("the errors are %v", texts)
	}
}

type marshaled struct{ err error }

func (m marshaled) MarshalText() ([]byte, error) { return nil, m.err }

// The name of a fragment may be computed, and an unknown one is ErrUnknown.
func TestNamesThatOnlyTheExecutionKnows(t *testing.T) {
	s, ctx := newSet(t, parse(t, `{{define "menu"}}[{{.}}]{{end}}{{fragment .Name .Data}}`, nil, nil)), inMemory(t)
	wantText(t, show(t, ctx, s, map[string]string{"Name": "menu", "Data": "x"}), "[x]")
	for _, name := range []string{"", "men"} {
		wantErr(t, failure(t, ctx, s, map[string]string{"Name": name, "Data": "x"}), fragment.ErrUnknown)
		_, err := s.Fragment(ctx, name, nil)
		wantErr(t, err, fragment.ErrUnknown)
		_, err = s.Delete(ctx, name)
		wantErr(t, err, fragment.ErrUnknown)
	}
	_, err := fragment.Key("")
	wantErr(t, err, fragment.ErrUnknown)
}
