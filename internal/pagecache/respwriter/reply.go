package respwriter

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// What larder answers itself, to a purge, or instead of a page to someone who wants it
// explained, is never stored.

// Reply answers with text, which ends with a newline, or if Accept prefers that with v as
// JSON. It is for people.
func Reply(w http.ResponseWriter, r *http.Request, status int, text string, v any) {
	if prefers(r.Header["Accept"], "application/json", "text/plain", "text/*") {
		replyJSON(w, status, text, v)
		return
	}
	replyText(w, status, text)
}

// Report answers with v as JSON, or if Accept prefers that with text, which ends with a
// newline. It is for programs.
func Report(w http.ResponseWriter, r *http.Request, status int, text string, v any) {
	if prefers(r.Header["Accept"], "text/plain", "application/json", "application/*", "*/*") {
		replyText(w, status, text)
		return
	}
	replyJSON(w, status, text, v)
}

// ReplyError reports an error.
func ReplyError(w http.ResponseWriter, r *http.Request, status int, text string) {
	Report(w, r, status, text+"\n", map[string]string{"error": text})
}

func replyText(w http.ResponseWriter, status int, text string) {
	write(w, status, "text/plain; charset=utf-8", text)
}

// replyJSON answers with v, or with the text if v cannot be encoded.
func replyJSON(w http.ResponseWriter, status int, text string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		replyText(w, status, text)
		return
	}
	write(w, status, "application/json", string(data)+"\n")
}

func write(w http.ResponseWriter, status int, mediaType, body string) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body) // the client has left: nothing can be reported to it
}

// prefers reports whether the lines of Accept name a media type, and none of the others
// before it.
func prefers(accept []string, wanted string, others ...string) bool {
	for _, line := range accept {
		for element := range strings.SplitSeq(line, ",") {
			mediaType, _, _ := strings.Cut(element, ";")
			mediaType = strings.ToLower(strings.TrimSpace(mediaType))
			if mediaType == wanted {
				return true
			}
			for _, other := range others {
				if mediaType == other {
					return false
				}
			}
		}
	}
	return false
}
