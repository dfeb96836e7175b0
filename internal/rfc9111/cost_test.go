package rfc9111_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/proportion"
	"github.com/larder-go/larder/internal/rfc9111"
)

// numbered returns size bytes of text that format makes of 0, 1, 2 and so on.
func numbered(format string, size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		_, _ = fmt.Fprintf(&b, format, i)
	}
	return b.String()[:size]
}

// parser reads text that is made of format.
type parser struct {
	format string
	parse  func(line string)
	keeps  bool // what it finds
}

func (p parser) limit() float64 {
	if p.keeps {
		return proportion.WithMemory
	}
	return proportion.Linear
}

// parsers are all functions that read what a client or an origin has sent, by the
// input for which they have the most to do.
var parsers = map[string]parser{
	"field names":        {"a%d,", func(s string) { rfc9111.FieldNames([]string{s}) }, true},
	"names in Vary":      {"a%d,", func(s string) { rfc9111.VaryNames([]string{s}) }, true},
	"equal field names":  {"a,", func(s string) { rfc9111.FieldNames([]string{s}) }, true},
	"response":           {"a%d=1,", func(s string) { rfc9111.ParseDirectives([]string{s}) }, false},
	"response, quoted":   {`private="a%d",`, func(s string) { rfc9111.ParseDirectives([]string{s}) }, true},
	"response, unended":  {`x="a%d\`, func(s string) { rfc9111.ParseDirectives([]string{s}) }, false},
	"response, words":    {"no-cache%d ", func(s string) { rfc9111.ParseDirectives([]string{s}) }, false},
	"request":            {"max-age=%d,", func(s string) { rfc9111.ParseRequestDirectives([]string{s}, nil) }, false},
	"pragma":             {"no-cache%d,", func(s string) { rfc9111.ParseRequestDirectives(nil, []string{s}) }, false},
	"targeted":           {"a%d=1,", func(s string) { rfc9111.ParseTargeted([]string{s + "b"}) }, true},
	"targeted, lists":    {"a%d=(1 2),", func(s string) { rfc9111.ParseTargeted([]string{s + "b"}) }, true},
	"targeted, bytes":    {"a%d=:YQ==:,", func(s string) { rfc9111.ParseTargeted([]string{s + "b"}) }, true},
	"list":               {"a%d;b=1,", func(s string) { rfc9111.IsList([]string{s + "b"}) }, false},
	"list of lists":      {"(1 %d),", func(s string) { rfc9111.IsList([]string{s + "b"}) }, false},
	"merged":             {"a%d=1,", func(s string) { rfc9111.MergeDirectives([]string{s}, []string{s}) }, true},
	"codings":            {"gzip;q=0.%d,", func(s string) { rfc9111.AcceptedCodings([]string{s}) }, false},
	"coding parameters":  {"gzip;a%d;", func(s string) { rfc9111.AcceptedCodings([]string{s}) }, false},
	"content codings":    {"x%d,", func(s string) { rfc9111.Codings{}.Accepts([]string{s}) }, false},
	"languages":          {"a%d,", func(s string) { rfc9111.NormalizeField("Accept-Language", []string{s}) }, true},
	"equal languages":    {"a,", func(s string) { rfc9111.NormalizeField("Accept-Language", []string{s}) }, false},
	"other fields":       {"a%d , ", func(s string) { rfc9111.NormalizeField("X", []string{s}) }, false},
	"quoted":             {`"a%d" , `, func(s string) { rfc9111.NormalizeField("X", []string{s}) }, false},
	"unended":            {`"%d, `, func(s string) { rfc9111.NormalizeField("X", []string{s}) }, false},
	"ranges":             {"0-%d,", func(s string) { rfc9111.ParseRange([]string{"bytes=" + s}, 1<<40) }, false},
	"empty ranges":       {",", func(s string) { rfc9111.ParseRange([]string{"bytes=" + s}, 1<<40) }, false},
	"long position":      {"%d", func(s string) { rfc9111.ParseRange([]string{"bytes=" + s + "-"}, 1<<40) }, false},
	"entity tag":         {"%d", func(s string) { rfc9111.ParseETag([]string{`"` + s + `"`}) }, false},
	"entity tags":        {`"%d",`, func(s string) { evaluate("If-None-Match", s) }, false},
	"strong tags":        {`"%d",`, func(s string) { evaluate("If-Match", s) }, false},
	"empty tags":         {",", func(s string) { evaluate("If-None-Match", s) }, false},
	"date":               {"%d", func(s string) { evaluate("If-Modified-Since", s) }, false},
	"seconds":            {"%d", func(s string) { rfc9111.ParseDeltaSeconds(s) }, false},
	"invalidated":        {"/%d\n", invalidated, true},
	"connection of 304":  {"a%d,", freshened, true},
	"connection":         {"a%d,", func(s string) { rfc9111.UnstorableOf(map[string][]string{"Connection": {s}}, &rfc9111.Directives{}) }, true},
	"credentials in use": {"a%d,", func(s string) { mayShare(rfc9111.FieldNames([]string{s})) }, true},
}

func evaluate(field, line string) {
	v := rfc9111.Validators{ETag: `"x"`}
	v.Evaluate("GET", map[string][]string{field: {line}}, time.Now())
}

// invalidated has each line as a Location of its own.
func invalidated(text string) {
	target := &url.URL{Scheme: "http", Host: "a.test", Path: "/"}
	rfc9111.Invalidated("POST", 200, target, map[string][]string{"Location": strings.Split(text, "\n")})
}

// freshened has all names that Connection lists as fields, too.
func freshened(line string) {
	from := map[string][]string{"Connection": {line}}
	for _, name := range rfc9111.FieldNames([]string{line}) {
		from[name] = nil
	}
	rfc9111.Freshen(map[string][]string{}, from)
}

func mayShare(vary []string) {
	rfc9111.Credentials{Fields: []string{"Cookie", "X-Api-Key"}}.MayShare(rfc9111.Permission{}, vary)
}

// Each parser takes time in proportion to the length of its input, since the sender chooses how
// long a field is.
// RFC 9110, 17.5
func TestParsersTakeTimeInProportionToTheirInput(t *testing.T) {
	for name, p := range parsers {
		t.Run(name, func(t *testing.T) {
			small, large := numbered(p.format, proportion.Small), numbered(p.format, proportion.Large)
			proportion.Check(t, p.limit(), func() { p.parse(small) }, func() { p.parse(large) })
		})
	}
}

// A list of names that is long enough for a map gives the same result as a short one.
// RFC 9110, 5.6.1
func TestLongListsOfNamesAreAsShortOnes(t *testing.T) {
	var lines []string
	var want []string
	for i := range 100 {
		name := fmt.Sprint("A", i%40)
		lines = append(lines, strings.ToLower(name)+", "+name)
		if i < 40 {
			want = append(want, name)
		}
	}
	if got := rfc9111.FieldNames(lines); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	if got := rfc9111.MergeDirectives(nil, []string{numbered("a%d=1,", 500) + "b=1,a0=2,a50=3,b=4"}); !strings.HasPrefix(got, "a0=2, a1=1, ") ||
		!strings.Contains(got, "a50=3, ") || strings.Count(got, "b=") != 1 || !strings.Contains(got, "b=4") {
		t.Errorf("%q", got)
	}
}
