package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// newTransport returns the way to the upstream. It gives up when the upstream
// has not begun to answer after patience.
func newTransport(maxWait time.Duration) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // the way to the upstream is the one that the flag says
	transport.ResponseHeaderTimeout = maxWait
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns // it is but one host
	// The cache decides what encodings the upstream is asked for, and stores
	// bodies as they come.
	transport.DisableCompression = true
	return transport
}

// forward returns the handler behind the cache: it asks the upstream.
func forward(upstream *url.URL, transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Host = r.In.Host // so that the links in pages and redirects lead here
			// A query that Go cannot parse is in the key of the page as it came, so
			// that is how the upstream gets it.
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			r.SetXForwarded() // instead of what the client has claimed
		},
		Transport:    transport,
		ErrorHandler: answerFailure,
		ErrorLog:     slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
}

// answerFailure answers for an upstream that gave no answer. The cache knows
// both of these codes as failures: it stores neither, and has a stale page sent
// instead where that is allowed.
//
// An upstream that fails in the middle of its answer is another thing. The
// header is on its way then, so ReverseProxy panics with http.ErrAbortHandler,
// by which the cache and the client learn that the page is not whole.
func answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
		status = http.StatusGatewayTimeout
	}
	if r.Context().Err() == nil { // else nobody waits any longer, and that is why
		slog.WarnContext(r.Context(), "the upstream does not answer", "path", r.URL.Path, "status", status, "error", err)
	}
	http.Error(w, http.StatusText(status), status)
}
