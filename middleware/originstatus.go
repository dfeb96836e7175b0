package middleware

import (
	"net/http"
	"slices"
)

// originHandler is the handler behind a shared cache for a request that is passed on. The
// origin may have caches of its own, whose Cache-Status belongs before that of larder (RFC
// 9211, section 2), which is set before the handler runs; if it is malformed, it is
// dropped.
type originHandler struct{ next http.Handler }

// ServeHTTP implements [http.Handler].
func (h originHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := &originWriter{said: w.Header()["Cache-Status"]}
	o.decoratedWriter = decoratedWriter{ResponseWriter: w, decide: o.decide}
	o.serve(o, h.next, r)
}

// originWriter is the ResponseWriter of such a request.
type originWriter struct {
	decoratedWriter
	said []string // lines of Cache-Status before the handler ran
}

func (o *originWriter) decide(*decoratedWriter, int) fate {
	header := o.Header()
	inner := header["Cache-Status"]
	if n := len(o.said); len(inner) >= n && slices.Equal(inner[:n], o.said) {
		inner = inner[n:] // the handler has added its own
	}
	header["Cache-Status"] = slices.Concat(readable(inner), o.said)
	return fateSent
}
