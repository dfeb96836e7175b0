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

// unread stands for the sum of a body whose coding cannot be taken away.
const unread = "unread"

// decoded returns a body without its content coding.
func decoded(body io.Reader, coding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(body)
	case "deflate":
		return inflated(body)
	case "zstd":
		return zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
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

// uncode takes the content coding of a page away. A body that is not there as a whole, or
// has a coding that nobody here knows, is not compared.
func uncode(r *explain.Response) {
	coding := strings.Join(r.Header["Content-Encoding"], ", ")
	if coding == "" {
		return
	}
	body, err := decoded(bytes.NewReader(r.Body), coding)
	if err == nil && r.Length <= explain.MaxBody {
		var plain []byte
		if plain, err = io.ReadAll(io.LimitReader(body, explain.MaxBody)); err == nil {
			sum := sha256.Sum256(plain)
			r.Body, r.Length, r.Sum = plain, int64(len(plain)), hex.EncodeToString(sum[:])
			return
		}
	}
	r.Body, r.Length, r.Sum = nil, 0, unread
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
