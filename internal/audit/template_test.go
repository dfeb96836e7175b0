package audit

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func templateOf(bodies ...string) *template {
	t := newTemplate(bodies[0])
	for _, body := range bodies[1:] {
		t.add(body)
	}
	return t
}

// A template matches answers that differ only where equal requests do.
func TestATemplateMatchesWhatDiffersWhereEqualRequestsDo(t *testing.T) {
	for _, test := range []struct {
		bodies []string
		same   []string
		others []string
	}{
		{[]string{"a page"}, []string{"a page"}, []string{"", "a pagE", "a page ", "page"}},
		{[]string{""}, []string{""}, []string{"x"}},
		{[]string{"<p>1</p>", "<p>2</p>"}, []string{"<p>3</p>", "<p></p>", "<p>x y</p>"}, []string{"<p>1</b>", "<b>1</p>", ""}},
		{[]string{"<i n='ab+c/d=='>Hello</i>", "<i n='x/yz=='>Hello</i>"}, []string{"<i n='qq'>Hello</i>"}, []string{"<i n='qq'>Hallo</i>"}},
		{[]string{"at 07:49:01, Ada", "at 07:49:02, Ada"}, []string{"at 08:00:00, Ada"}, []string{"at 08:00:00, Bob"}},
		{[]string{"x", "x y"}, []string{"x z", "x"}, []string{"y"}},
		{[]string{"x", "y x"}, []string{"z x", "x"}, []string{"x y"}},
		{[]string{"1 a 1 b 1", "2 a 2 b 2", "3 a 3 b 3"}, []string{"4 a 5 b 6"}, []string{"4 b 5 a 6", "4 a 5"}},
	} {
		template := templateOf(test.bodies...)
		for _, body := range append(test.bodies, test.same...) {
			if !template.matches(body) {
				t.Errorf("%q: %q does not match", test.bodies, body)
			}
		}
		for _, body := range test.others {
			if template.matches(body) {
				t.Errorf("%q: %q matches", test.bodies, body)
			}
		}
		if template.isConstant() != (len(test.bodies) == 1) {
			t.Errorf("%q: constant: %v", test.bodies, template.isConstant())
		}
	}
}

// A template matches all answers that it is made of.
func TestATemplateMatchesAllThatItIsMadeOf(t *testing.T) {
	body := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", " ", "<", ">", "", "12:00", "\xff"}), 0, 30).Draw(t, "tokens"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		bodies := rapid.SliceOfN(body, 1, 4).Draw(t, "bodies")
		template := templateOf(bodies...)
		for _, b := range bodies {
			if !template.matches(b) {
				t.Fatalf("%q does not match the template of %q: %q", b, bodies, template.segments())
			}
		}
		if strings.Join(tokensOf(bodies[0]), "") != bodies[0] {
			t.Fatalf("the tokens of %q are %q", bodies[0], tokensOf(bodies[0]))
		}
	})
}

// Differences that are far apart are not taken for one, however long the page is.
func TestALongPageIsComparedBetweenItsDifferences(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var words []string
	for range 20_000 {
		words = append(words, string(rune('a'+random.IntN(26)))+string(rune('a'+random.IntN(26)))+string(rune('a'+random.IntN(26)))+string(rune('a'+random.IntN(26))))
	}
	middle := strings.Join(words, " ")
	template := templateOf("token-1 "+middle+" 12:00:01", "token-2 "+middle+" 12:00:02")
	if !template.matches("token-3 " + middle + " 12:00:03") {
		t.Error("what differs of itself counts")
	}
	words[len(words)/2] = "other"
	changed := "token-3 " + strings.Join(words, " ") + " 12:00:03"
	if template.matches(changed) {
		t.Error("a change in the middle does not count")
	}
	if was, is := template.difference(changed); !strings.Contains(is, "other") || strings.Contains(was, "other") {
		t.Errorf("the difference is %q, was %q", is, was)
	}
}
