package audit

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/larder-go/larder/internal/explain"
)

// A response in another content coding is the same to a client that accepts it, so bodies
// are compared without their coding. Whether a client accepts it is the page's decision.

// errCoding is the error of a content coding that cannot be taken away.
var errCoding = errors.New("unknown content coding")

// unread is the prefix of the sum of a body whose coding cannot be taken away. It is the
// sum of the coded body, so that two that are equal are known to be.
const unread = "unread "

func isUnread(r explain.Response) bool { return strings.HasPrefix(r.Sum, unread) }

// maxWindow is how many bytes a decoder of zstd keeps (RFC 9659, section 3).
const maxWindow = 8 << 20

// decoded returns a body without its content coding. The caller bounds both.
func decoded(body io.Reader, coding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(body)
	case "deflate":
		return inflated(body)
	case "zstd":
		return zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	}
	return nil, fmt.Errorf("%w %q", errCoding, coding)
}

// inflated reads deflate, with which some send the form without a header.
func inflated(body io.Reader) (io.Reader, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
		return r, nil
	}
	return flate.NewReader(bytes.NewReader(data)), nil
}

// uncode takes the content coding of a page away. It cannot if the coding is unknown, the
// answer has only a part of the body, or the body is over maxAnswer without its coding.
// Such a body is only known to be the same as another if both were sent as the same bytes.
func uncode(r *explain.Response) {
	coding := strings.Join(r.Header["Content-Encoding"], ", ")
	if coding == "" {
		return
	}
	if plain, length, sum, err := plainBody(r, coding); err == nil {
		r.Body, r.Length, r.Sum = plain, length, sum
		return
	}
	r.Body, r.Sum = nil, unread+strings.ToLower(coding)+" "+r.Sum
}

// plainBody returns what an answer has of a body without its coding: up to explain.MaxBody
// bytes, and the length and the sum of the whole.
func plainBody(r *explain.Response, coding string) (plain []byte, length int64, sum string, err error) {
	if r.Length > int64(len(r.Body)) {
		return nil, 0, "", errors.New("a part of the body is not in the answer")
	}
	body, err := decoded(bytes.NewReader(r.Body), coding)
	if err != nil {
		return nil, 0, "", err
	}
	hash := sha256.New()
	body = io.TeeReader(io.LimitReader(body, maxAnswer+1), hash)
	if plain, err = io.ReadAll(io.LimitReader(body, explain.MaxBody)); err != nil {
		return nil, 0, "", err
	}
	rest, err := io.Copy(io.Discard, body)
	if length = int64(len(plain)) + rest; err == nil && length > maxAnswer {
		err = fmt.Errorf("the body has more than %d bytes", maxAnswer)
	}
	return plain, length, hex.EncodeToString(hash.Sum(nil)), err
}

// withoutBrotli returns the request without the coding that most browsers prefer and that
// cannot be taken away here, where outer middleware applies it to answers.
func withoutBrotli(r *http.Request) *http.Request {
	var left []string
	for coding := range strings.SplitSeq(strings.Join(r.Header["Accept-Encoding"], ","), ",") {
		if name, _, _ := strings.Cut(coding, ";"); strings.TrimSpace(name) != "br" {
			left = append(left, strings.TrimSpace(coding))
		}
	}
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Encoding", strings.Join(left, ", "))
	return r
}
