package loopback

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Client is one connection that is kept alive and sends the same request again
// and again, or with Get the same for other targets. It is for one goroutine.
type Client struct {
	conn    net.Conn
	reader  *bufio.Reader
	request []byte // of Do
	rest    []byte // of any request, after the target
	other   []byte // the last request of Get
}

// Dial connects to addr for requests "GET target" with these header lines, each
// such as "If-None-Match: *".
func Dial(addr, target string, header ...string) (*Client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	lines := append([]string{" HTTP/1.1", "Host: bench.example"}, header...)
	rest := strings.Join(lines, "\r\n") + "\r\n\r\n"
	return &Client{
		conn:    conn,
		reader:  bufio.NewReaderSize(conn, 64<<10),
		request: []byte("GET " + target + rest),
		rest:    []byte(rest),
	}, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Response is what the client has looked at of a response.
type Response struct {
	Status    int
	Length    int           // of the body, in bytes
	FirstByte time.Duration // from the request to the first byte of the body, or the end of the header
}

var (
	contentLength    = []byte("content-length:")
	transferEncoding = []byte("transfer-encoding:")
)

// errNoLength reports a response to whose end the client cannot read.
var errNoLength = errors.New("loopback: a response with neither Content-Length nor chunks")

// Do sends the request and reads the response.
func (c *Client) Do() (Response, error) { return c.do(c.request) }

// Get is Do with another target.
func (c *Client) Get(target string) (Response, error) {
	c.other = append(append(append(c.other[:0], "GET "...), target...), c.rest...)
	return c.do(c.other)
}

func (c *Client) do(request []byte) (Response, error) {
	began := time.Now()
	if _, err := c.conn.Write(request); err != nil {
		return Response{}, err
	}
	status, length, err := c.readHeader()
	if err != nil {
		return Response{}, err
	}
	r := Response{Status: status, Length: length}
	if length != 0 && status != 304 {
		if _, err := c.reader.Peek(1); err != nil {
			return Response{}, err
		}
	}
	r.FirstByte = time.Since(began)
	switch {
	case status == 304:
		r.Length = 0
	case length == chunked:
		r.Length, err = c.skipChunks()
	case length < 0:
		err = errNoLength
	default:
		_, err = c.reader.Discard(length)
	}
	return r, err
}

// What readHeader returns instead of a length.
const (
	chunked = -1 - iota
	unknown
)

func (c *Client) readHeader() (status, length int, err error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, 0, fmt.Errorf("loopback: %q is no status line", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, err
	}
	length = unknown
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		if len(line) <= 2 {
			return status, length, nil
		}
		switch {
		case hasPrefixFold(line, contentLength):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return 0, 0, err
			}
		case hasPrefixFold(line, transferEncoding):
			length = chunked
		}
	}
}

func hasPrefixFold(line, prefix []byte) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], prefix)
}

func (c *Client) skipChunks() (length int, err error) {
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return 0, err
		}
		if _, err := c.reader.Discard(int(n) + 2); err != nil {
			return 0, err
		}
		if n == 0 {
			return length, nil
		}
		length += int(n)
	}
}
