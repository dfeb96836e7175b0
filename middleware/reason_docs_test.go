package middleware_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

var update = flag.Bool("update", false, "rewrite docs/why-not-cached.md")

const whyNotCached = "../docs/why-not-cached.md"

const whyNotCachedBegins = `# Why was this not cached?

Every response that went through ` + "`CachePage`, `Site` or `Shared`" + ` says in ` + "`Cache-Status`" + ` (RFC 9211) what was done:

| it says | which means |
|---|---|
| ` + "`larder; hit; ttl=299`" + ` | it came from the cache, and is fresh for 299 more seconds; below zero if it was served stale |
| ` + "`larder; fwd=uri-miss; fwd-status=200; stored`" + ` | nothing was stored for the URL; the handler ran, and its response was stored |
| ` + "`fwd=vary-miss`" + ` | a page was stored, but not for a request with these fields |
| ` + "`fwd=stale`" + ` | a page was stored, but it was stale, and the handler ran |
| ` + "`fwd=request`" + ` | a page was stored, but the client wanted a fresher one |
| ` + "`fwd=method`, `fwd=bypass`" + ` | nothing was looked up, or the page that was found must not be used |
| ` + "`collapsed`" + ` | the request waited for the run of the handler for another request |
| ` + "`detail=...`" + ` | why the response did not come from the cache, or did not go into it: the list below |

A response without the field did not pass through larder; one with several members passed through several caches, the one nearest to the
handler first.

To see a decision step by step, switch on ` + "`middleware.Explain(secret)`" + ` and ask with the command, or with any client that can send a field:

` + "```" + `
LARDER_EXPLAIN=secret larder explain https://example.org/page -H 'Accept-Language: de' --run --remote
curl -H 'Larder-Explain: secret; run' https://example.org/page
` + "```" + `

The secret goes to the host of the URL only, and to another machine only with ` + "`--remote`" + `.
Without a secret, ` + "`larder explain URL`" + ` asks for the page and explains its Cache-Status.

## The reasons

The list is generated from the code: ` + "`middleware.Reasons`" + ` returns it.
`

// The list of reasons in docs/why-not-cached.md is that of the code.
func TestTheListOfReasonsIsThatOfTheCode(t *testing.T) {
	var b strings.Builder
	b.WriteString(whyNotCachedBegins)
	for _, r := range middleware.Reasons() {
		b.WriteString("\n### `" + r.Detail + "`\n\n" + strings.ToUpper(r.Means[:1]) + r.Means[1:] + ".\n")
		b.WriteString("\n- Rule: " + r.Rule + "\n- What to do: " + r.Advice + "\n")
	}
	if *update {
		if err := os.WriteFile(whyNotCached, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(whyNotCached)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != b.String() {
		t.Errorf("%s is not that of the code; run go test ./middleware -run ListOfReasons -update", whyNotCached)
	}
}

// Each reason says what it means and what to do.
func TestEveryReasonSaysWhatToDo(t *testing.T) {
	for _, r := range middleware.Reasons() {
		if r.Means == "" || r.Rule == "" || strings.HasSuffix(r.Means, ".") || !strings.HasSuffix(r.Advice, ".") || strings.Contains(r.Means+r.Advice, "\n") {
			t.Errorf("%+v", r)
		}
	}
}
