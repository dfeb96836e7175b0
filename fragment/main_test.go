package fragment_test

import (
	"context"
	"errors"
	"html/template"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inCaches returns a context with caches of these settings. They are shut down
// when the test ends.
func inCaches(t testing.TB, settings cache.Settings) context.Context {
	t.Helper()
	h, err := cache.NewHandler(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return h.Scope(t.Context())
}

func inMemory(t testing.TB) context.Context {
	t.Helper()
	return inCaches(t, cache.Settings{"default": {Backend: "memory"}})
}

// counter counts how often templates call it.
type counter struct{ calls atomic.Int32 }

func (c *counter) count() string {
	c.calls.Add(1)
	return ""
}

func (c *counter) want(t testing.TB, want int32) {
	t.Helper()
	if got := c.calls.Load(); got != want {
		t.Errorf("the fragment was rendered %d times, want %d", got, want)
	}
}

// parse returns the templates of a text, with the function "count" of c and those
// of more.
func parse(t testing.TB, text string, c *counter, more template.FuncMap) *template.Template {
	t.Helper()
	if c == nil {
		c = new(counter)
	}
	funcs := template.FuncMap{"count": c.count, "dict": dict}
	parsed, err := template.New("page").Funcs(fragment.Funcs()).Funcs(funcs).Funcs(more).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// dict makes a map of names and values.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func newSet(t testing.TB, parsed *template.Template, opts ...fragment.Option) *fragment.Set {
	t.Helper()
	s, err := fragment.New(parsed, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// show executes "page" and returns what it writes.
func show(t testing.TB, ctx context.Context, s *fragment.Set, data any) string {
	t.Helper()
	var b strings.Builder
	if err := s.Execute(ctx, &b, "page", data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// failure executes "page" and returns why it fails.
func failure(t testing.TB, ctx context.Context, s *fragment.Set, data any) error {
	t.Helper()
	err := s.Execute(ctx, new(strings.Builder), "page", data)
	if err == nil {
		t.Fatal("there is no error")
	}
	return err
}

func wantText(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// key is that of a fragment.
func key(t testing.TB, name string, vary ...any) string {
	t.Helper()
	k, err := fragment.Key(name, vary...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
