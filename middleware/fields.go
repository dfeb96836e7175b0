package middleware

import "net/http"

// fields says which of the fields that mean something to the cache a request
// has. Most have few of them, and all are found in one walk through the header.
type fields struct {
	upgrade, connection, cookie, authorization, apiKey bool

	directives  bool // Cache-Control or Pragma
	conditional bool // conditions or a range
}

// apiKeyField is taken for a credential unless the face is a shared cache.
const apiKeyField = "X-Api-Key"

func fieldsOf(header http.Header) (f fields) {
	for name, lines := range header {
		if lines == nil {
			continue
		}
		switch name {
		case "Upgrade":
			f.upgrade = true
		case "Connection":
			f.connection = true
		case "Cookie":
			f.cookie = true
		case "Authorization":
			f.authorization = true
		case apiKeyField:
			f.apiKey = true
		case "Cache-Control", "Pragma":
			f.directives = true
		default:
			f.conditional = f.conditional || isPartial(name)
		}
	}
	return f
}

// isPartial reports whether a request field would make an answer partial or
// empty. Each client's own are applied to the whole answer.
func isPartial(name string) bool {
	switch name {
	case "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since":
		return true
	}
	return false
}
