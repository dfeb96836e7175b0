package main

import (
	"strconv"
	"strings"
)

// member is what one cache says in Cache-Status (RFC 9211).
type member struct {
	Cache      string            `json:"cache"`
	Parameters map[string]string `json:"parameters"`
	Means      string            `json:"means,omitempty"` // of a detail of larder's
	Rule       string            `json:"rule,omitempty"`
	Advice     string            `json:"advice,omitempty"`

	order []string // of the parameters
}

// parseCacheStatus reads the lines of Cache-Status, the cache nearest to the
// handler first. It takes what is malformed as far as it can be read: it is for
// people to look at.
func parseCacheStatus(lines []string) []member {
	members := []member{}
	for _, line := range lines {
		for _, text := range splitOutside(line, ',') {
			parts := splitOutside(text, ';')
			m := member{Cache: unquoted(parts[0]), Parameters: make(map[string]string)}
			if m.Cache == "" {
				continue
			}
			for _, part := range parts[1:] {
				name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
				if name == "" {
					continue
				}
				if _, repeated := m.Parameters[name]; !repeated {
					m.order = append(m.order, name)
				}
				m.Parameters[name] = unquoted(value)
			}
			if reason, ok := reasonOf(m.Parameters["detail"]); ok && m.Cache == "larder" {
				m.Means, m.Rule, m.Advice = reason.Means, reason.Rule, reason.Advice
			}
			members = append(members, m)
		}
	}
	return members
}

// splitOutside splits text at separators that are not in a quoted string.
func splitOutside(text string, separator byte) []string {
	var parts []string
	begin, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:])
}

// unquoted returns the text of a token or a quoted string.
func unquoted(text string) string {
	text = strings.TrimSpace(text)
	inside, ok := strings.CutPrefix(text, `"`)
	if !ok {
		return text
	}
	inside = strings.TrimSuffix(inside, `"`)
	var b strings.Builder
	for i := 0; i < len(inside); i++ {
		if inside[i] == '\\' && i+1 < len(inside) {
			i++
		}
		b.WriteByte(inside[i])
	}
	return b.String()
}

// causeParameter is larder's own: the detail of an earlier response, which is why
// this request went to the handler.
const causeParameter = "larder-cause"

// forwards are the words of RFC 9211, section 2.2.
var forwards = map[string]string{
	"uri-miss":  "nothing was stored for the URL",
	"vary-miss": "nothing was stored for a request with these fields",
	"miss":      "nothing was stored",
	"stale":     "what was stored was stale",
	"request":   "what was stored is not what the request wants",
	"method":    "the method is not answered from the cache",
	"bypass":    "the cache was passed by",
	"partial":   "only a part was stored",
}

// lines says what a cache has done.
func (m member) lines() []string {
	name := printable(m.Cache)
	lines := []string{name + ": " + m.did()}
	for _, parameter := range m.order {
		switch parameter {
		case "hit", "ttl", "fwd", "fwd-status", "stored", "collapsed":
		default:
			lines = append(lines, name+": "+printable(parameter+" "+m.Parameters[parameter]))
		}
	}
	if m.Means != "" {
		lines = append(lines, name+": "+m.Means+" ["+m.Rule+"]", name+": -> "+m.Advice)
	}
	if cause, ok := reasonOf(m.Parameters[causeParameter]); ok && m.Means != "" {
		lines = append(lines, name+": of that response: "+cause.Means+" ["+cause.Rule+"]", name+": -> "+cause.Advice)
	}
	return lines
}

func (m member) did() string {
	var did []string
	if m.has("hit") {
		did = append(did, "hit: the response was stored"+m.freshness())
	}
	if why, ok := m.Parameters["fwd"]; ok {
		text := "forwarded"
		if words, known := forwards[why]; known {
			text += ": " + words
		}
		did = append(did, text)
	}
	if status := m.Parameters["fwd-status"]; status != "" {
		did = append(did, "the handler answered "+printable(status))
	}
	if m.has("collapsed") {
		did = append(did, "the request waited for another's")
	}
	if m.has("stored") {
		did = append(did, "the response was stored")
	}
	if len(did) == 0 {
		return "it does not say what it did"
	}
	return strings.Join(did, "; ")
}

func (m member) has(parameter string) bool {
	value, ok := m.Parameters[parameter]
	return ok && value != "?0"
}

func (m member) freshness() string {
	ttl, err := strconv.ParseInt(m.Parameters["ttl"], 10, 64)
	switch {
	case err != nil:
		return ""
	case ttl <= 0:
		return ", and has been stale for " + strconv.FormatInt(-ttl, 10) + " s"
	}
	return ", and is fresh for " + strconv.FormatInt(ttl, 10) + " s"
}
