package rfc9111

import "strings"

// conditions are the fields that make a request conditional (RFC 9110, section
// 13.1).
var conditions = [...]string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"}

// IsConditional reports whether a request has a condition of its own.
func IsConditional(request map[string][]string) bool {
	for _, name := range conditions {
		if request[name] != nil {
			return true
		}
	}
	return false
}

// MayValidate reports whether a stored response can be validated: the request of
// SetConditions would have a condition.
func MayValidate(stored map[string][]string) bool {
	return ParseETag(stored["Etag"]) != "" || len(stored["Last-Modified"]) == 1
}

// SetConditions makes a request that validates stored responses (section 4.3.1).
// The conditions that it had are replaced; Range is for the caller to remove.
// etags are those of all the responses that the answer may select, and
// lastModified is the field of the one that is expected to be, as it was
// received; both may be empty.
func SetConditions(request map[string][]string, etags []ETag, lastModified string) {
	for _, name := range conditions {
		delete(request, name)
	}
	if len(etags) > 0 {
		request["If-None-Match"] = []string{joinETags(etags)}
	}
	if lastModified != "" {
		request["If-Modified-Since"] = []string{lastModified}
	}
}

func joinETags(etags []ETag) string {
	var b strings.Builder
	for _, tag := range etags {
		if tag == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(tag))
	}
	return b.String()
}

// IsInNotModified reports whether a field of the stored response, known by its
// canonical name, belongs into a 304 (RFC 9110, section 15.4.5). All do but those
// that describe content which the 304 does not have; Last-Modified helps whoever
// has no entity tag to find its copy by.
func IsInNotModified(name string, hasETag bool) bool {
	switch name {
	case "Content-Encoding", "Content-Language", "Content-Length", "Content-Md5", "Content-Range", "Content-Type",
		"Accept-Ranges", "Content-Digest", "Repr-Digest", "Digest":
		return false
	case "Last-Modified":
		return !hasETag
	}
	return true
}
