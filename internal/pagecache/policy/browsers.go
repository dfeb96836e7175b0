package policy

import (
	"strconv"
	"time"
)

// For how long browsers may keep a page.

// BrowserControl is what browsers are told by default of a page that they may keep for
// maxAge, with its age. If the page depends on what no request field names, caches that
// many share are told to keep nothing.
func (p *Policy) BrowserControl(maxAge time.Duration) string {
	if p.BrowserTTL <= 0 {
		return "max-age=0, must-revalidate"
	}
	control := "max-age=" + strconv.FormatInt(int64(maxAge/time.Second), 10)
	if len(p.VaryValues) > 0 {
		return "private, " + control
	}
	return control
}
