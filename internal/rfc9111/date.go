package rfc9111

import (
	"net/http"
	"strings"
	"time"
)

// ParseDate reads an HTTP-date: an IMF-fixdate or one of its two obsolete forms
// (RFC 9110, section 5.6.7). http.ParseTime is laxer: it takes other zones than
// GMT, and numbers of the wrong width.
func ParseDate(s string) (time.Time, bool) {
	for _, layout := range []string{http.TimeFormat, "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		t, err := time.Parse(layout, s)
		if err == nil && strings.EqualFold(t.Format(layout), s) {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
