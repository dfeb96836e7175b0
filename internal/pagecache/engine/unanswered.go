package engine

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// AnyUnanswered is set once a page has left a request to the middleware that set its
// deadline. Until then, no response of this process has to be checked for that.
var AnyUnanswered atomic.Bool

// AnswerTimeout answers a request whose deadline was over before its page had an answer, if
// the middleware that set the deadline, inside of the Lifecycle, has not: its client must not
// get an empty 200. If the deadline was set outside of the Lifecycle, that middleware answers.
func AnswerTimeout(w http.ResponseWriter, r *http.Request) {
	lines := w.Header()["Cache-Status"]
	if len(lines) == 0 || !strings.HasSuffix(lines[0], detailTimeout) || r.Context().Err() != nil || respwriter.HasBegun(w) {
		return
	}
	const status = http.StatusServiceUnavailable
	http.Error(w, http.StatusText(status), status)
}

// detailTimeout is the end of the Cache-Status of a request that [AnswerTimeout] may answer.
var detailTimeout = "; detail=" + reason.Timeout.String()
