package rfc9111

import "time"

// ParseTargeted reads the lines of a targeted field such as CDN-Cache-Control
// (RFC 9213, section 2.1): a dictionary whose keys are directives. A field that
// is empty or malformed is false, and must be ignored as if it were not there,
// except that no-store, no-cache and private in it count: they are all that is
// returned then. A directive whose value is of the wrong type is ignored alone,
// as are parameters and unknown directives.
func ParseTargeted(lines []string) (Directives, bool) {
	var d Directives
	members, ok := parseDictionary(lines)
	if !ok {
		for _, line := range lines {
			d.restrict(line)
		}
		return d, false
	}
	for _, m := range members {
		d.setTargeted(m)
	}
	return d, len(members) > 0
}

// setTargeted sets the directive that a member stands for.
func (d *Directives) setTargeted(m member) {
	value, has := d.duration(m.key)
	switch {
	case value != nil && m.kind == kindInteger:
		*value, *has = max(min(time.Duration(m.integer), maxDelta), 0)*time.Second, true
	case value != nil, m.kind == kindFalse:
	case m.key == "private", m.key == "no-cache":
		// Whatever the argument is, it restricts; what names no fields is
		// about the whole response.
		d.setFields(directive{name: m.key, argument: m.text})
	case m.kind == kindTrue, m.key == "no-store":
		d.setFlag(m.key, true)
	}
}

// forbid adds what other forbids.
func (d *Directives) forbid(other *Directives) {
	d.NoStore = d.NoStore || other.NoStore
	d.NoCache = d.NoCache || other.NoCache
	d.Private = d.Private || other.Private
	d.PrivateWhole = d.PrivateWhole || other.PrivateWhole
}
