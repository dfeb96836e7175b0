package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// remoteFlag is a part of the commands that send a secret to a server.
type remoteFlag struct {
	Remote bool `help:"Send the secret to a server that is not on this machine. It is the URL's host that gets it."`
}

// check refuses a server on another machine without the flag.
func (f remoteFlag) check(u *url.URL) error {
	if !f.Remote && !isLocal(u.Hostname()) {
		return usageError(fmt.Sprintf("%s is not on this machine: --remote sends it the secret all the same", inLine(u.Host)))
	}
	return nil
}

// isLocal reports whether a host is a name or an address of this machine's loopback
// (RFC 6761, section 6.3).
func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// newRequest returns a GET of a page.
func newRequest(ctx context.Context, page string) (*http.Request, error) {
	wrong := usageError("the page has to be a URL, such as https://example.org/path")
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, wrong
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, wrong
	}
	return r, nil
}

// newClient returns a client that asks the server of a URL and nobody else: it follows no
// redirect and uses no proxy, either of which would hand a secret on. If onlyLocal, it
// connects to this machine only, whatever a name stands for.
func newClient(onlyLocal bool) *http.Client {
	dialer := new(net.Dialer)
	if onlyLocal {
		dialer.ControlContext = refuseRemote
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:        dialer.DialContext,
			DisableCompression: true,
			ForceAttemptHTTP2:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refuseRemote refuses a connection to another machine before it is made.
func refuseRemote(_ context.Context, _, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err == nil && !isLocal(host) {
		err = fmt.Errorf("%s is not on this machine", address)
	}
	return err
}
