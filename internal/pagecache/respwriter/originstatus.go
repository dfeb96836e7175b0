package respwriter

import (
	"net/http"
	"slices"
)

// OriginHandler is the handler behind a shared cache for a request that is passed on. The
// origin may have caches of its own, whose Cache-Status belongs before that of larder (RFC
// 9211, section 2), which is set before the handler runs; if it is malformed, it is
// dropped.
type OriginHandler struct{ Next http.Handler }

// ServeHTTP implements [http.Handler].
func (h OriginHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := &OriginWriter{said: w.Header()["Cache-Status"]}
	o.Writer = Writer{ResponseWriter: w, Decide: o.decide}
	o.Serve(o, h.Next, r)
}

// OriginWriter is the ResponseWriter of such a request.
type OriginWriter struct {
	Writer
	said []string // lines of Cache-Status before the handler ran
}

func (o *OriginWriter) decide(*Writer, int) Fate {
	header := o.Header()
	inner := header["Cache-Status"]
	if n := len(o.said); len(inner) >= n && slices.Equal(inner[:n], o.said) {
		inner = inner[n:] // the handler has added its own
	}
	header["Cache-Status"] = slices.Concat(Readable(inner), o.said)
	return FateSent
}
