package house

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// wordRule is a word that was coined here, and what the field says.
type wordRule struct {
	find  string // a [pattern]
	write string
	under string // the folder that the rule is for; other code may use the word in its usual sense
}

// coinedNames must not be among the words of an identifier.
var coinedNames = []wordRule{
	{find: "accepter", write: "reuse check"},
	{find: "announcer", write: "publisher, subscriber"},
	{find: "anew", write: "again, refreshed"},
	{find: "assess*", write: "decide"},
	{find: "attend*", write: "subscribe, receive"},
	{find: "beneath", write: "under"},
	{find: "conclude*", write: "finish, decide"},
	{find: "exchange*", write: "request, round trip"},
	{find: "face", write: "mode"},
	{find: "faces", write: "modes"},
	{find: "forgo", write: "yield"},
	{find: "guest*", write: "request"},
	{find: "his", write: "its"},
	{find: "hot page*", write: "memoized page"},
	{find: "hot way*", write: "fast path"},
	{find: "impatien*", write: "fail fast"},
	{find: "landed", write: "finished"},
	{find: "landing", write: "result"},
	{find: "memo", write: "negative cache"},
	{find: "note absent", write: "remember absent"},
	{find: "patience", write: "max wait, timeout"},
	{find: "recall*", write: "remember, look up"},
	{find: "reentry", write: "redispatch"},
	{find: "silence", write: "unresponsive"},
	{find: "silent", write: "unresponsive"},
	{find: "soften*", write: "purge softly, mark stale"},
	{find: "spill*", write: "go direct"},
	{find: "stand in", write: "use stale"},
	{find: "stood in", write: "served stale"},
	{find: "store apart", write: "store for validation"},
	{find: "under way", write: "in progress, active"},
	{find: "account", write: "trace, budget", under: "internal/pagecache/"},
	{find: "bound", write: "request run, limit", under: "internal/pagecache/"},
	{find: "judge*", write: "classify, decide", under: "internal/pagecache/"},
	{find: "odd", write: "malformed", under: "internal/pagecache/"},
	{find: "place", write: "slot, merge", under: "internal/pagecache/"},
	{find: "told", write: "sent, stated", under: "internal/pagecache/"},
	{find: "verdict*", write: "decision", under: "internal/pagecache/"},
	{find: "visit*", write: "framework request", under: "internal/pagecache/"},
	{find: "way", write: "signature, path", under: "internal/pagecache/"},
	{find: "whoever", write: "the caller, the client"},
}

// coinedPhrases must not be in a comment, a string or a page of docs.
var coinedPhrases = []wordRule{
	{find: "anew", write: "again, refreshed"},
	{find: "beneath", write: "under"},
	{find: "but for", write: "except"},
	{find: "further in", write: "inner, upstream"},
	{find: "further out", write: "outer, downstream"},
	{find: "go past the cache", write: "bypass the cache"},
	{find: "goes past the cache", write: "bypasses the cache"},
	{find: "going past the cache", write: "bypassing the cache"},
	{find: "gone past the cache", write: "bypassed the cache"},
	{find: "impatient", write: "fail fast"},
	{find: "in place of", write: "instead of"},
	{find: "made anew", write: "refreshed, rebuilt"},
	{find: "of his own", write: "its own"},
	{find: "once more", write: "again"},
	{find: "rid of", write: "delete, invalidate"},
	{find: "take the place of", write: "replace"},
	{find: "takes the place of", write: "replaces"},
	{find: "tells apart", write: "distinguishes"},
	{find: "told apart", write: "distinguished"},
	{find: "went past the cache", write: "bypassed the cache"},
}

// What is under these names is checked by other means, or not prose of ours.
var withoutWordRules = []string{
	"CHANGELOG.md",              // says what names were before
	"internal/house/words_test", // has the words
}

func TestWordsAreThoseOfTheField(t *testing.T) {
	watch(t)
	texts, err := sourceTexts(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 500 {
		t.Fatalf("only %d files were read", len(texts))
	}
	counts := make(map[string]int)
	for _, s := range texts {
		for _, problem := range wordProblems(s) {
			t.Error(problem)
			_, found, _ := strings.Cut(problem, ": ")
			counts[found]++
		}
	}
	for _, found := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%d times %s", counts[found], found)
	}
}

// wordProblems says where a file has a word that a rule names, and what to write instead.
func wordProblems(s *sourceText) (problems []string) {
	if slices.ContainsFunc(withoutWordRules, func(prefix string) bool { return strings.HasPrefix(s.path, prefix) }) {
		return nil
	}
	prose := strings.Map(asciiLower, s.prose)
	for _, rule := range coinedPhrases {
		for _, at := range pattern(strings.Fields(rule.find)).find(prose) {
			problems = rule.add(problems, s.path, s.line(at))
		}
	}
	for _, rule := range coinedNames {
		p := pattern(strings.Fields(rule.find))
		for _, id := range s.identifiers {
			if len(p.find(id.words)) > 0 {
				problems = rule.add(problems, s.path, id.line)
			}
		}
	}
	return problems
}

func (r *wordRule) add(problems []string, path string, line int) []string {
	if !strings.HasPrefix(path, r.under) {
		return problems
	}
	return append(problems, fmt.Sprintf("%s:%d: %q is a word that only this repository uses: write %s", path, line, r.find, r.write))
}

// asciiLower keeps the length of a text, so that offsets stay right.
func asciiLower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func TestCoinedWordsAreFound(t *testing.T) {
	const source = "package p\n\n// It is made\n// anew, but for the head.\nfunc storeApart(landing string) { _ = \"in place of\" }\n"
	var got []string
	for _, problem := range wordProblems(newSourceText("p.go", source)) {
		got = append(got, strings.Split(problem, " is a word")[0])
	}
	want := []string{`p.go:4: "anew"`, `p.go:4: "but for"`, `p.go:5: "in place of"`, `p.go:3: "made anew"`, `p.go:5: "landing"`, `p.go:5: "store apart"`}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	const page = "# Pages\n\nUse `anew` here.\n\n```go\nanew()\n```\n\nThe guest goes further\nout.\n"
	problems := wordProblems(newSourceText("docs/p.md", page))
	if len(problems) != 1 || !strings.HasPrefix(problems[0], `docs/p.md:9: "further out"`) {
		t.Errorf("in Markdown: %q", problems)
	}
	if problems := wordProblems(newSourceText("p.go", "package p\n\nvar facet, isForgotten, rebuilt int // a surface put in placeof\n")); len(problems) > 0 {
		t.Errorf("in plain words: %q", problems)
	}
}
