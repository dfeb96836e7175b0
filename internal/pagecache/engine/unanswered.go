package engine

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// AnyUnanswered is set as soon as a page has left a request to whoever limited its time.
// Until then, no response of this process has to be looked at for that.
var AnyUnanswered atomic.Bool

// AnswerTimeout answers a request whose time was over before its page had an answer, if
// whoever limited its time inside of the Lifecycle has not: its client must not take an
// empty 200 for the page. If the time was limited outside, that is left to them.
func AnswerTimeout(w http.ResponseWriter, r *http.Request) {
	lines := w.Header()["Cache-Status"]
	if len(lines) == 0 || !strings.HasSuffix(lines[0], detailTimeout) || r.Context().Err() != nil || respwriter.HasBegun(w) {
		return
	}
	const status = http.StatusServiceUnavailable
	http.Error(w, http.StatusText(status), status)
}

// detailTimeout is how Cache-Status ends of a request that [AnswerTimeout] is about.
var detailTimeout = "; detail=" + reason.Timeout.String()
