package middleware_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// How a leak is seen: see private_property_test.go.

// marked is the first line of a body, read.
type marked struct {
	host, path, query string
	depends           map[string]string
	run               int64
	length            int
}

func parseMark(line string) (m marked, ok bool) {
	parts := strings.Split(line, "|")
	if len(parts) < 2 {
		return m, false
	}
	if _, err := fmt.Sscanf(parts[0], "%s %s %s", &m.host, &m.path, &m.query); err != nil {
		return m, false
	}
	if _, err := fmt.Sscanf(parts[len(parts)-1], "%d %d", &m.run, &m.length); err != nil {
		return m, false
	}
	m.depends = make(map[string]string)
	for _, part := range parts[1 : len(parts)-1] {
		name, value, _ := strings.Cut(part, ": ")
		m.depends[name] = value
	}
	return m, true
}

// comparable gives a query or a list of cookies a form that does not depend on what
// options may change.
func comparable(list, separator string) string {
	parts := slices.DeleteFunc(strings.Split(list, separator), func(p string) bool {
		p = strings.TrimSpace(p)
		return p == "" || strings.HasPrefix(p, "_ga=") || strings.HasPrefix(p, "utm_")
	})
	slices.Sort(parts)
	return strings.Join(parts, separator)
}

// isFor says what of a mark is not that of a request, or nothing.
func (m *marked) isFor(r *http.Request) string {
	if host := strings.TrimSuffix(strings.ToLower(r.Host), ":80"); strings.TrimSuffix(strings.ToLower(m.host), ":80") != host {
		return "another host's page"
	}
	if m.path != r.URL.Path || comparable(m.query[1:], "&") != comparable(r.URL.RawQuery, "&") {
		return "another URL's page"
	}
	for name, value := range m.depends {
		own := strings.Join(r.Header[name], ", ")
		switch name {
		case "Accept-Encoding":
			own = strconv.FormatBool(acceptsGzip(r.Header))
		case "Cookie":
			own, value = comparable(own, "; "), comparable(value, "; ")
		}
		if value == "" && r.Header["Connection"] != nil {
			continue // a client that names the field there has asked to be answered without
		}
		if own != value {
			return "somebody else's page, by " + name
		}
	}
	return ""
}

// leakIn says what is wrong with an answer, or nothing. floor is the run up to
// which all were purged before the request began.
func (g *markedSite) leakIn(r *http.Request, a answer, floor int64) string {
	if cookie := a.header.Get("Set-Cookie"); cookie != "" && cookie != "for="+r.Header.Get("X-Nonce") && !g.literal {
		return "somebody else's cookie"
	}
	if a.header.Get("Content-Encoding") == "gzip" && !acceptsGzip(r.Header) && !g.literal && a.status == http.StatusOK {
		return "an encoding that was refused"
	}
	switch a.status {
	case http.StatusOK, http.StatusPartialContent:
	case 304, 412, 416, 500, 502, 503, 504:
		return ""
	default:
		return "an unknown status"
	}
	if r.Method == http.MethodHead {
		if a.header.Get("Content-Length") == "0" {
			return "a HEAD without a page"
		}
		return "" // the server drops the body that handlers write
	}
	line, rest, whole := strings.Cut(a.body, "\n")
	if !whole && a.status == http.StatusPartialContent {
		return "" // too short to tell
	}
	m, ok := parseMark(line)
	if !ok {
		return "no page"
	}
	if leak := m.isFor(r); leak != "" {
		return leak
	}
	if strings.Trim(rest, string(rune('a'+m.run%26))) != "" || a.status == http.StatusOK && len(rest) != m.length {
		return "half a page, or two"
	}
	if m.run <= floor && !routes[r.URL.Path].tagged {
		return fmt.Sprintf("a page of run %d, when all up to %d were purged", m.run, floor)
	}
	return ""
}
