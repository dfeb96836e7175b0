package docs_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// curl is a request as the arguments of curl say it.
type curl struct {
	method, url, body string
	header            http.Header
	printsHeader      bool
}

// readCurl reads arguments of curl: the URL and the flags below.
func readCurl(args []string) *curl {
	c := &curl{header: make(http.Header)}
	for len(args) > 0 {
		flag := args[0]
		args = args[1:]
		switch {
		case c.set(flag):
		case len(args) > 0 && c.setTo(flag, args[0]):
			args = args[1:]
		default:
			c.url = flag
		}
	}
	if c.method == "" && c.body != "" {
		c.method = http.MethodPost
	}
	return c
}

// set reads a flag without a value.
func (c *curl) set(flag string) (known bool) {
	switch flag {
	case "-s":
	case "-i":
		c.printsHeader = true
	case "-I":
		c.method, c.printsHeader = http.MethodHead, true
	default:
		return false
	}
	return true
}

// setTo reads a flag with a value.
func (c *curl) setTo(flag, value string) (known bool) {
	switch flag {
	case "-X":
		c.method = value
	case "-H":
		name, text, _ := strings.Cut(value, ": ")
		c.header.Add(name, text)
	case "-b":
		c.header.Add("Cookie", value)
	case "-r":
		c.header.Set("Range", "bytes="+value)
	case "-d":
		c.body = strings.TrimPrefix(c.body+"&"+value, "&")
		c.header.Set("Content-Type", "application/x-www-form-urlencoded")
	default:
		return false
	}
	return true
}

// host is where the request goes to.
func (c *curl) host(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// send sends the request as curl does, without Accept-Encoding and following no
// redirect, and returns what curl prints.
func (c *curl) send(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header, r.Host = c.header, c.header.Get("Host")
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !c.printsHeader {
		return string(body)
	}
	return head(response) + string(body)
}

// head is the header of a response, its fields in the order of their names.
func head(response *http.Response) string {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s\n", response.Proto, response.Status)
	for _, name := range slices.Sorted(maps.Keys(response.Header)) {
		for _, value := range response.Header[name] {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	out.WriteByte('\n')
	return out.String()
}
