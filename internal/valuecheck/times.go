package valuecheck

import (
	"fmt"
	"reflect"
)

// lookAtTime says why a time would come back as another instant, or not at all: both
// codecs write it by RFC 3339, whose years have four digits, and whose offsets are
// whole minutes of less than a day.
func (c *Checker) lookAtTime(v reflect.Value) string {
	t := timeOf(v)
	if t.IsZero() && !c.JSON {
		return "" // written as nil
	}
	if _, offset := t.Zone(); offset%60 != 0 || offset <= -24*60*60 || offset >= 24*60*60 {
		return fmt.Sprintf("the zone of the time %v is off by %d seconds, and RFC 3339 has whole minutes of less than a day: use t.UTC()", t, offset)
	}
	if year := t.Year(); year < 0 || year > 9999 {
		return fmt.Sprintf("the year %d of a time is not in RFC 3339, which has 0 to 9999", year)
	}
	return ""
}
