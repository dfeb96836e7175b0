package uri

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// URL is an absolute URL of http or https in normal form.
type URL struct {
	Scheme string // in lower case
	Host   string // as by [Host]; an international name in the form that DNS has
	Path   string // as by [Path]; "/" if there was none
	Query  string // as it was written; see [Query]
}

// MaxLength is how many bytes a URL may have for [Parse].
const MaxLength = 32 << 10

// Parse reads a URL as people write it and as browsers show it: with letters of any
// script, blanks, quotes and bars. Its user and fragment are left out, since no request
// has them in its target. The error says what is wrong and what would be right.
//
// Browsers read a backslash as a slash, and other clients as a character of the path;
// since nobody can know which of the two is meant, it is an error.
func Parse(text string) (URL, error) {
	if len(text) > MaxLength {
		return URL{}, fmt.Errorf("it has %d bytes; at most %d are allowed", len(text), MaxLength)
	}
	shown := quoted(text)
	u, err := url.Parse(text)
	if err != nil {
		return URL{}, parseError(shown, err)
	}
	switch {
	case u.Scheme == "":
		return URL{}, fmt.Errorf("%s is not absolute; write it with scheme and host, such as https://example.org/path", shown)
	case u.Scheme != "http" && u.Scheme != "https":
		return URL{}, fmt.Errorf("%s has the scheme %q; it must be http or https", shown, u.Scheme)
	case u.Opaque != "", u.Hostname() == "":
		return URL{}, fmt.Errorf("%s has no host; write it such as https://example.org/path", shown)
	case strings.Contains(u.Path, `\`) && strings.Contains(beforeQuery(text), `\`):
		return URL{}, fmt.Errorf("%s has a backslash; write / if a slash is meant, and %%5C if not", shown)
	}
	host, err := hostOf(u)
	if err != nil {
		return URL{}, err
	}
	if host = Host(u.Scheme, host); host == "" {
		return URL{}, fmt.Errorf("%s has no host; write it such as https://example.org/path", shown)
	}
	path := u.EscapedPath()
	if u.RawPath != "" {
		path = u.RawPath // as it was written
	}
	if path == "" {
		path = "/" // RFC 9110, section 4.2.3
	}
	return URL{u.Scheme, host, Path(path), u.RawQuery}, nil
}

// quoted is a text as errors show it: no more of it than tells which one is meant.
func quoted(text string) string {
	const most = 200
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}

// parseError is the error of url.Parse, with the cure where it does not tell.
func parseError(shown string, err error) error {
	var parsing *url.Error
	if errors.As(err, &parsing) {
		err = parsing.Err
	}
	var escape url.EscapeError
	if errors.As(err, &escape) {
		return fmt.Errorf("%s: %w; a percent sign that is meant as such is written %%25, and a host has no escapes of ASCII characters", shown, err)
	}
	return fmt.Errorf("%s: %w", shown, err)
}

func beforeQuery(text string) string {
	if end := strings.IndexAny(text, "?#"); end >= 0 {
		return text[:end]
	}
	return text
}

// hostOf returns the host and port of a URL as they are sent.
func hostOf(u *url.URL) (string, error) {
	name, err := nameOf(u)
	if err != nil {
		return "", err
	}
	if u.Port() == "" {
		return name, nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return "", fmt.Errorf("%q is not a port; it must be a number up to 65535", u.Port())
	}
	return name + ":" + strconv.FormatUint(port, 10), nil
}

// nameOf returns the host of a URL without its port. Only an address in brackets has a zone
// after a percent sign, which is not sent (RFC 6874, section 3).
func nameOf(u *url.URL) (string, error) {
	name := u.Hostname()
	switch inBrackets := strings.HasPrefix(u.Host, "["); {
	case inBrackets:
		address, err := netip.ParseAddr(name)
		if err != nil || !address.Is6() {
			return "", fmt.Errorf("%q is not a host; brackets are for an address of IPv6, as [::1]", u.Host)
		}
		return "[" + address.WithZone("").String() + "]", nil
	case strings.Contains(name, ":"):
		return "", fmt.Errorf("%q is not a host; the address of IPv6 is written in brackets, as [::1]", u.Host)
	case strings.Contains(name, "%"):
		return "", fmt.Errorf("%q is not a host; only an address of IPv6 in brackets has a percent sign", u.Host)
	}
	return asciiHost(name)
}

// asciiHost returns a name as DNS has it and browsers send it: of an international one in
// any form, composed or not and of any width, the A-labels (RFC 5891, section 5; UTS 46).
func asciiHost(name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	if !utf8.ValidString(name) {
		return "", fmt.Errorf("the host %q is not UTF-8", name)
	}
	if sent, ok := lookedUp(name); ok {
		return sent, nil
	}
	return "", fmt.Errorf("the host %q has no form that DNS knows; write it as punycode, which begins with xn--", name)
}

// lookedUp returns the name that Go's HTTP client connects to, which is the one to look up
// in DNS. The tables for it are in net/http, and no function gives them to others; the
// client is stopped before it connects.
func lookedUp(name string) (ascii string, ok bool) {
	client := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		ascii, _, _ = net.SplitHostPort(address)
		return nil, errNotConnected
	}}
	page := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: name}, Header: http.Header{}}
	if response, err := client.RoundTrip(page); err == nil {
		_ = response.Body.Close()
	}
	return ascii, ascii != "" && isASCII(ascii)
}

// errNotConnected keeps a client from connecting.
var errNotConnected = errors.New("no connection is wanted")

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
