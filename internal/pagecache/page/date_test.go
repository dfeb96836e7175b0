package page

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// A Date that Connection names is not stored: the page has the time at which it was received.
// RFC 9111, 3.1; RFC 9110, 6.6.1
func TestADateThatConnectionNamesIsNotStored(t *testing.T) {
	const said = "Sun, 06 Nov 1994 08:49:37 GMT"
	now := time.Now()
	for line, want := range map[string]string{"close": said, "Date": rfc9111.FormatDate(now)} {
		header := http.Header{"Connection": {line}, "Date": {said}}
		p := New(nil, http.StatusOK, &respwriter.Edits{Own: header}, header, now, now, &policy.Policy{Mode: policy.PerView, TTL: time.Hour})
		if got := respwriter.Single(p.Lines("Date")); got != want || p.Lines("Connection") != nil {
			t.Errorf("Connection: %s: Date is %q, want %q", line, got, want)
		}
	}
}
