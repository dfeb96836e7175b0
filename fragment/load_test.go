package fragment_test

import (
	"context"
	"errors"
	"html/template"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/fragment"
)

// slow has one fragment, which calls a function.
const slow = `{{define "menu"}}<b>{{count}}{{work}}</b>{{end}}<p>{{fragment "menu" .}}</p>`

func working(t testing.TB, c *counter, work func() (string, error)) *fragment.Set {
	t.Helper()
	return newSet(t, parse(t, slow, c, template.FuncMap{"work": work}))
}

// inBubble runs test in a bubble with caches that do not outlive it.
func inBubble(t *testing.T, test func(t *testing.T, ctx context.Context)) {
	synctest.Test(t, func(t *testing.T) {
		h, err := cache.NewHandler(cache.Settings{"default": {Backend: "file", Location: t.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := h.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		test(t, h.Scope(t.Context()))
	})
}

// Concurrent pages render a missing fragment once.
func TestAMissIsRenderedOnceForAllThatWait(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context) {
		c, release := new(counter), make(chan struct{})
		s := working(t, c, func() (string, error) { <-release; return "<", nil })
		pages := make([]string, 50)
		var all sync.WaitGroup
		for i := range pages {
			all.Go(func() { pages[i] = show(t, ctx, s, nil) })
		}
		synctest.Wait() // all are there
		close(release)
		all.Wait()
		for _, page := range pages {
			wantText(t, page, "<p><b>&lt;</b></p>")
		}
		c.want(t, 1)
	})
}

// The page that started a rendering may leave, and the others get the fragment.
func TestTheFirstToAskMayLeave(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context) {
		c, release := new(counter), make(chan struct{})
		s := working(t, c, func() (string, error) { <-release; return "x", nil })
		first, leave := context.WithCancel(ctx)
		left := make(chan error)
		go func() { left <- s.Execute(first, new(strings.Builder), "page", nil) }()
		synctest.Wait()
		page := make(chan string)
		go func() { page <- show(t, ctx, s, nil) }()
		synctest.Wait()
		leave()
		wantErr(t, <-left, context.Canceled)
		close(release)
		wantText(t, <-page, "<p><b>x</b></p>")
		c.want(t, 1)
	})
}

// A fragment that is deleted while it is rendered is not stored.
func TestAFragmentThatIsDeletedWhileItIsRenderedIsNotStored(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context) {
		c, release := new(counter), make(chan struct{})
		s := working(t, c, func() (string, error) { <-release; return "x", nil })
		page := make(chan string)
		go func() { page <- show(t, ctx, s, nil) }()
		synctest.Wait()
		if _, err := s.Delete(ctx, "menu"); err != nil {
			t.Error(err)
		}
		close(release)
		<-page
		show(t, ctx, s, nil)
		c.want(t, 2)
	})
}

// An error in a fragment stores nothing.
func TestAnErrorStoresNothing(t *testing.T) {
	errWork := errors.New("no work")
	ctx, c := inMemory(t), new(counter)
	fails := true
	s := working(t, c, func() (string, error) {
		if fails {
			return "", errWork
		}
		return "x", nil
	})
	var half strings.Builder
	err := s.Execute(ctx, &half, "page", nil)
	wantErr(t, err, errWork)
	for _, where := range []string{`executing "page"`, `executing "menu"`} {
		if !strings.Contains(err.Error(), where) {
			t.Errorf("%q does not say %s", err, where)
		}
	}
	if strings.Contains(half.String(), "<b>") {
		t.Errorf("half a fragment was written: %q", half.String())
	}
	if has, err := cache.From(ctx, "default").Has(ctx, key(t, "menu")); has || err != nil {
		t.Errorf("something is stored: %v, %v", has, err)
	}
	fails = false
	wantText(t, show(t, ctx, s, nil), "<p><b>x</b></p>")
}

// A panic in a template is an error and stores nothing.
func TestAPanicInATemplateStoresNothing(t *testing.T) {
	ctx := inMemory(t)
	s := working(t, new(counter), func() (string, error) { panic("no work") })
	if err := failure(t, ctx, s, nil); !strings.Contains(err.Error(), "no work") {
		t.Errorf("the error is %v", err)
	}
	if has, err := cache.From(ctx, "default").Has(ctx, key(t, "menu")); has || err != nil {
		t.Errorf("something is stored: %v, %v", has, err)
	}
}

// An error of a rendering reaches all pages that wait for it.
func TestAnErrorReachesAllThatWait(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context) {
		c, release, errWork := new(counter), make(chan struct{}), errors.New("no work")
		s := working(t, c, func() (string, error) { <-release; return "", errWork })
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { wantErr(t, failure(t, ctx, s, nil), errWork) })
		}
		synctest.Wait()
		close(release)
		all.Wait()
		c.want(t, 1)
	})
}

// A fragment that contains itself with the same values is ErrRecursive.
func TestAFragmentThatWaitsForItselfIsAnError(t *testing.T) {
	const text = `{{define "menu"}}{{range .}}{{fragment "menu" .}}{{end}}{{end}}{{fragment "menu" .}}`
	s := newSet(t, parse(t, text, nil, nil))
	wantErr(t, failure(t, inMemory(t), s, [][]string{{"a"}}), cache.ErrRecursive)
}

// Fragments inside a fragment have entries of their own.
func TestFragmentsInFragmentsAreKeptApart(t *testing.T) {
	const text = `{{define "outer"}}{{count}}({{range .}}{{fragment "inner" . .}}{{end}}){{end}}{{define "inner"}}{{count}}[{{.}}]{{end}}{{fragment "outer" .}}`
	c := new(counter)
	s, ctx := newSet(t, parse(t, text, c, nil)), inMemory(t)
	wantText(t, show(t, ctx, s, []string{"a", "b"}), "([a][b])")
	c.want(t, 3)
	if _, err := s.Delete(ctx, "outer"); err != nil {
		t.Fatal(err)
	}
	wantText(t, show(t, ctx, s, []string{"b", "c"}), "([b][c])")
	c.want(t, 5)
}

// A tree can be made of fragments that each name what they depend on.
func TestATreeIsMadeOfFragmentsThatSayWhatTheyDependOn(t *testing.T) {
	type node struct {
		ID       int
		Children []node
	}
	const text = `{{define "node"}}<li>{{.ID}}<ul>{{range .Children}}{{fragment "node" . .ID}}{{end}}</ul>{{end}}{{fragment "node" . .ID}}`
	s := newSet(t, parse(t, text, nil, nil))
	got := show(t, inMemory(t), s, node{1, []node{{2, []node{{3, nil}}}, {4, nil}}})
	wantText(t, got, "<li>1<ul><li>2<ul><li>3<ul></ul></ul><li>4<ul></ul></ul>")
}

// A fragment that is too large for the cache is shown to all pages.
func TestAFragmentThatIsTooLargeIsShownToAll(t *testing.T) {
	ctx := inCaches(t, cache.Settings{"default": {Backend: "memory", Options: map[string]any{"max_bytes": 1000}}})
	c := new(counter)
	s := working(t, c, func() (string, error) { return strings.Repeat("x", 2000), nil })
	want := "<p><b>" + strings.Repeat("x", 2000) + "</b></p>"
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { wantText(t, show(t, ctx, s, nil), want) })
	}
	all.Wait()
	if has, err := cache.From(ctx, "default").Has(ctx, key(t, "menu")); has || err != nil {
		t.Errorf("it is stored: %v, %v", has, err)
	}
}

// Many pages can be rendered at the same time.
func TestManyPagesAtOnce(t *testing.T) {
	s, ctx := newSet(t, parse(t, menu, nil, nil)), inMemory(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				id := (i + j) % 10
				want := "<b>" + string(rune('a'+id)) + "</b>"
				if got := show(t, ctx, s, in(id, string(rune('a'+id)))); got != want {
					t.Errorf("fragment %d is %q", id, got)
				}
				if j%7 == 0 {
					if _, err := s.Delete(ctx, "menu", id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
}

// Fragments use the caches of the request's scope.
func TestCachesOfTheRequestAreUsed(t *testing.T) {
	ctx := inMemory(t)
	s := newSet(t, parse(t, menu, nil, nil))
	show(t, ctx, s, in("en", "x"))
	used := 0
	for alias := range ctx.(*cache.Scope).All() {
		used++
		if alias != "default" {
			t.Errorf("%q was used", alias)
		}
	}
	if used != 1 {
		t.Errorf("the request has used %d caches, want 1", used)
	}
}
