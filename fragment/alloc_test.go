package fragment_test

import (
	"io"
	"testing"

	"github.com/larder-go/larder/internal/race"
)

// A fragment that is found costs these: the call, its key, the two forms of the
// key and the values. In a page, html/template adds what calling a function costs
// it.
const hitAllocs = 6

// A fragment that is a hit allocates little.
func TestAHitAllocatesLittleAlloc(t *testing.T) {
	s, ctx := newSet(t, parse(t, menu, nil, nil)), inMemory(t)
	var data any = in("en", "Hats")
	get := func() {
		if _, err := s.Fragment(ctx, "menu", data, "en"); err != nil {
			t.Fatal(err)
		}
	}
	get()
	if race.Enabled {
		return // the race detector allocates
	}
	if n := testing.AllocsPerRun(100, get); n > hitAllocs {
		t.Errorf("a hit allocates %v times, want %d at most", n, hitAllocs)
	} else {
		t.Logf("a hit allocates %v times", n)
	}
}

func BenchmarkHit(b *testing.B) {
	s, ctx := newSet(b, parse(b, menu, nil, nil)), inMemory(b)
	data := in("en", "Hats")
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Execute(ctx, io.Discard, "page", data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWithoutFragments(b *testing.B) {
	const text = `{{define "menu"}}{{count}}<b>{{.Text}}</b>{{end}}{{template "menu" .}}`
	parsed := parse(b, text, nil, nil)
	data := in("en", "Hats")
	b.ReportAllocs()
	for b.Loop() {
		if err := parsed.Execute(io.Discard, data); err != nil {
			b.Fatal(err)
		}
	}
}
