package middleware

import (
	"fmt"
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// VaryOnHeaders returns middleware that adds the names of these request fields
// to the Vary field of every response: it depends on them, and a cache must not
// give it to a request where they differ (RFC 9110, section 12.5.5). What the
// handler names stays; nothing is named twice, whatever the case of its letters.
// "*" stands for anything at all and makes the others superfluous.
//
// A [CachePage] on either side knows of them. The function panics if a name is
// not the name of a field. For one response of a handler there is [PatchVaryHeaders].
func VaryOnHeaders(names ...string) func(http.Handler) http.Handler {
	if err := checkVaryNames(names); err != nil {
		panic(fmt.Sprintf("middleware: VaryOnHeaders: %v", err))
	}
	return respwriter.Patching(varyPatch(rfc9111.FieldNames(names)))
}

// VaryOnCookie is middleware that adds Cookie to the Vary field of the
// responses of next, as [VaryOnHeaders] does. It belongs inside of a [CachePage]: outside,
// requests bypass the cache unless the page declares its cookies.
func VaryOnCookie(next http.Handler) http.Handler { return varyOnCookie(next) }

var varyOnCookie = VaryOnHeaders("Cookie")

func varyPatch(names []string) func(*respwriter.Writer, int) {
	all := policy.VaryLine(names)
	return func(w *respwriter.Writer, _ int) {
		switch lines := w.Header()["Vary"]; {
		case all == "" || len(lines) == 1 && lines[0] == all:
		case len(lines) == 0:
			w.Set("Vary", all)
		default:
			w.Set("Vary", mergedVary(lines, names))
		}
	}
}
