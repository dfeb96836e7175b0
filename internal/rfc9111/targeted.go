package rfc9111

import "time"

// ParseTargeted reads the lines of a targeted field such as CDN-Cache-Control
// (RFC 9213, section 2.1): a dictionary whose keys are directives. A field that
// is empty or malformed is false, and must be ignored as if it were not there;
// so is one that gives a lifetime as anything but an integer. Parameters and
// unknown directives are ignored.
func ParseTargeted(lines []string) (Directives, bool) {
	members, ok := parseDictionary(lines)
	if !ok || len(members) == 0 {
		return Directives{}, false
	}
	var d Directives
	for _, m := range members {
		if !d.setTargeted(m) {
			return Directives{}, false
		}
	}
	return d, true
}

// setTargeted sets the directive that a member stands for, and is false if the
// field cannot be used.
func (d *Directives) setTargeted(m member) bool {
	if value, has := d.duration(m.key); value != nil {
		*value, *has = max(min(time.Duration(m.integer), maxDelta), 0)*time.Second, true
		return m.kind == kindInteger
	}
	switch {
	case m.kind == kindFalse:
		return true
	case m.key == "private", m.key == "no-cache":
		// Whatever the argument is, it restricts; what names no fields is
		// about the whole response.
		return d.setFields(directive{name: m.key, argument: m.text})
	case m.kind == kindTrue, m.key == "no-store":
		d.setFlag(m.key, true)
	}
	return true
}
