package targets

import "net/http"

// discard is a ResponseWriter that drops what it is given, so that a comparison
// is of handlers alone. It is used again after reset.
type discard struct {
	header http.Header
	status int
	length int
}

func newDiscard() *discard { return &discard{header: make(http.Header)} }

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	d.length += len(p)
	return len(p), nil
}

func (d *discard) reset() {
	clear(d.header)
	d.status, d.length = http.StatusOK, 0
}

// request runs handler once and panics if the answer is not what it should be:
// what is measured must be the same job for all.
func (d *discard) request(handler http.Handler, r *http.Request, length int) {
	d.reset()
	handler.ServeHTTP(d, r)
	if d.status != http.StatusOK || d.length != length {
		panic("the wrong answer")
	}
}
