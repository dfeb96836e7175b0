package faithful

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// request returns the method and the fields of a random request.
func (p *Page) request() (method string, fields []string) {
	method = pick(p.random, http.MethodGet, http.MethodGet, http.MethodGet, http.MethodHead)
	sometimes := func(name string, value func() string) {
		if p.random.IntN(5) == 0 {
			fields = append(fields, name+": "+value())
		}
	}
	if p.random.IntN(2) == 0 {
		fields = append(fields, "Accept-Encoding: "+pick(p.random, "gzip", "gzip, deflate, br", "identity", "gzip;q=0", "*"))
	}
	if p.random.IntN(3) == 0 {
		fields = append(fields, "Range: "+p.ranges())
		sometimes("If-Range", func() string { return pick(p.random, p.tag(), p.date()) })
	}
	sometimes("If-None-Match", p.tagList)
	sometimes("If-Modified-Since", p.date)
	sometimes("If-Match", p.tagList)
	sometimes("If-Unmodified-Since", p.date)
	return method, fields
}

// ranges returns what Range may say: one, several, in other spellings, and what means
// nothing.
func (p *Page) ranges() string {
	length := p.versions[len(p.versions)-1].length
	position := func() int { return p.random.IntN(length + length/4 + 2) }
	spec := func() string {
		switch first := position(); p.random.IntN(4) {
		case 0:
			return fmt.Sprintf("%d-", first)
		case 1:
			return fmt.Sprintf("-%d", position())
		default:
			return fmt.Sprintf("%d-%d", first, first+p.random.IntN(100))
		}
	}
	switch p.random.IntN(12) {
	case 0:
		return pick(p.random, "bytes=-0", "bytes=x", "bytes=5-4", "bytes=", "bytes", "frames=0-1", "bytes=0-,0-", "bytes=-0,0-0", "bytes=99999999999999999999-")
	case 1:
		return "BYTES=" + spec()
	case 2:
		return "bytes=" + strings.Repeat("0-0,", 17) + "0-0"
	case 3, 4:
		return "bytes=" + spec() + ", " + spec()
	}
	return "bytes=" + spec()
}

func (p *Page) tagList() string {
	if p.random.IntN(8) == 0 {
		return "*"
	}
	return strings.Join([]string{p.tag(), `"other"`}[:1+p.random.IntN(2)], ", ")
}

// tag returns an entity tag of some version, the last one more often than not.
func (p *Page) tag() string {
	n := len(p.versions) - 1
	if p.random.IntN(3) == 0 {
		n = p.random.IntN(n + 1)
	}
	if made := p.tags[n]; made != "" {
		return made
	}
	return pick(p.random, "", "W/") + fmt.Sprintf(`"v%d"`, n)
}

// date returns a time near that of some version.
func (p *Page) date() string {
	n := p.random.IntN(len(p.versions) + 1)
	return oldest.Add(time.Duration(n-p.random.IntN(2)) * time.Hour).Format(http.TimeFormat)
}
