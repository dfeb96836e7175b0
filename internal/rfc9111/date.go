package rfc9111

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	rfc850Format = "Monday, 02-Jan-06 15:04:05 GMT"

	// yearWindow is how far in the future a year of two digits may lie.
	yearWindow = 50
)

// ParseDate reads an HTTP-date: an IMF-fixdate or one of its two obsolete forms
// (RFC 9110, section 5.6.7), with the names of days, months and zone in any case (RFC
// 9111, section 4.2). A wrong day of the week does not count; but in the form of RFC 850,
// whose years have two digits, it says that another century is meant, and the date is
// invalid. http.ParseTime is laxer: it takes other zones than GMT, and numbers of the
// wrong width. A year of two digits lies between 1969 and 2068; where the time is known,
// [ParseDateAt] knows better.
func ParseDate(s string) (time.Time, bool) {
	s = withZone(s)
	layout := dateLayout(s)
	t, err := time.Parse(layout, s)
	if err != nil || !isWritten(t, layout, s) {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// ParseDateAt is ParseDate for a recipient who knows what time it is: a date
// with a year of two digits that would be more than 50 years ahead of now is in
// the past (RFC 9110, section 5.6.7).
func ParseDateAt(s string, now time.Time) (time.Time, bool) {
	if last := lastWritten.Load(); last != nil && last.lines[0] == s {
		return last.time, true
	}
	s = withZone(s)
	layout := dateLayout(s)
	if layout != rfc850Format {
		return ParseDate(s)
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, false
	}
	t = inWindow(t, now.UTC())
	// Written out again, the date must be the same: the name of the day tells a
	// wrong century, and 29 February may not exist in the right one.
	if !isWritten(t, layout, s) {
		return time.Time{}, false
	}
	return t, true
}

// withZone returns a date with its zone in capitals, if that is GMT. The time package
// takes the names of days and months in any case.
func withZone(s string) string {
	const zone = " GMT"
	if rest := len(s) - len(zone); rest > 0 && s[rest:] != zone && strings.EqualFold(s[rest:], zone) {
		return s[:rest] + zone
	}
	return s
}

// dateLayout tells the three forms by their fourth byte.
func dateLayout(s string) string {
	switch {
	case len(s) > 3 && s[3] == ',':
		return http.TimeFormat
	case len(s) > 3 && s[3] == ' ':
		return time.ANSIC
	}
	return rfc850Format
}

// isWritten reports whether t is written as s, without regard to the case of letters, and
// to the day of the week where the year has four digits.
func isWritten(t time.Time, layout, s string) bool {
	var b [len("Wednesday, 02-Jan-06 15:04:05 GMT")]byte
	written := string(t.AppendFormat(b[:0], layout))
	if layout != rfc850Format {
		const day = len("Mon")
		written, s = written[day:], s[day:]
	}
	return strings.EqualFold(written, s)
}

// inWindow returns the date with the same last two digits of the year that is
// at most 50 years ahead of now, and the closest to it.
func inWindow(t, now time.Time) time.Time {
	century := now.Year() - now.Year()%100
	t = withYear(t, century+t.Year()%100)
	switch {
	case t.After(now.AddDate(yearWindow, 0, 0)):
		return withYear(t, t.Year()-100)
	case !t.After(now.AddDate(yearWindow-100, 0, 0)):
		return withYear(t, t.Year()+100)
	}
	return t
}

func withYear(t time.Time, year int) time.Time {
	return time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// FormatDate writes an IMF-fixdate, the only form that is sent. Fractions of a
// second are cut off.
func FormatDate(t time.Time) string { return written(t).lines[0] }

func written(t time.Time) *writtenDate {
	second := t.Unix()
	if last := lastWritten.Load(); last != nil && last.time.Unix() == second {
		return last
	}
	t = time.Unix(second, 0).UTC()
	now := &writtenDate{t, [1]string{t.Format(http.TimeFormat)}}
	if year := t.Year(); year >= 0 && year <= 9999 { // others are no dates, see ParseDate
		lastWritten.Store(now)
	}
	return now
}

// lastWritten is the date that was written last. Responses that are made within one second
// have the same, and each is read several times: whether it is old, whether it is a strong
// validator.
var lastWritten atomic.Pointer[writtenDate]

type writtenDate struct {
	time  time.Time
	lines [1]string // of a field with that date
}

// DateOf returns when a response was made by its Date field, and the time at
// which it was received if there is none or it is invalid (RFC 9110, section
// 6.6.1).
func DateOf(header map[string][]string, received time.Time) time.Time {
	if lines := header["Date"]; len(lines) > 0 {
		if t, ok := ParseDateAt(lines[0], received); ok {
			return t
		}
	}
	return received
}

// EnsureDate gives a response that is to be stored or passed on a Date field,
// as a recipient with a clock must, if it has none. An invalid one is replaced,
// which RFC 9110, section 6.6.1, allows; of several lines the first is kept.
func EnsureDate(header map[string][]string, received time.Time) {
	header["Date"] = DateLines(header["Date"], received)
}

// DateLines is EnsureDate for the lines of the field. What it returns is shared.
func DateLines(lines []string, received time.Time) []string {
	if len(lines) > 0 {
		if _, ok := ParseDateAt(lines[0], received); ok {
			return lines[:1:1]
		}
	}
	return written(received).lines[:]
}

// singleDate reads a field that has exactly one line, and that a date. A second
// line makes the field malformed, and a date that is not known to be meant is
// worse than none.
func singleDate(lines []string, now time.Time) (time.Time, bool) {
	if len(lines) != 1 {
		return time.Time{}, false
	}
	return ParseDateAt(lines[0], now)
}
