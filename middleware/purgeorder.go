package middleware

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/purge"
)

// refusal is the error of an order that has a status code of its own.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// order reads what a request wants.
func (h *purgeHandler) order(w http.ResponseWriter, r *http.Request) (o purge.Order, err error) {
	if r.Method == methodPurge {
		err = h.ofTarget(&o, r)
	} else {
		err = h.ofBody(&o, w, r)
	}
	return o, err
}

// ofTarget reads a PURGE.
func (h *purgeHandler) ofTarget(o *purge.Order, r *http.Request) error {
	var ok bool
	if o.Target, ok = h.TargetOf(r, h.TrustsPeer(r)); !ok {
		return errors.New("the request target is not the path of a page")
	}
	for _, line := range r.Header["Larder-Purge"] {
		for word := range strings.SplitSeq(line, ",") {
			switch strings.ToLower(strings.TrimSpace(word)) {
			case "":
			case "prefix":
				o.Prefix = true
			case "soft":
				o.Soft = true
			default:
				return fmt.Errorf("Larder-Purge says %q; it may say prefix and soft, and nothing else", word)
			}
		}
	}
	return nil
}

// maxOrder is the length in bytes that the body of a POST may have.
const maxOrder = 64 << 10

// ofBody reads a POST.
func (h *purgeHandler) ofBody(o *purge.Order, w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", maxOrder)}
	case err != nil:
		return errors.New("the body could not be read")
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var page string
	switch mediaType {
	case "application/json":
		page, err = o.FromJSON(body)
	case "application/x-www-form-urlencoded":
		page, err = o.FromForm(body)
	default:
		return refusal{http.StatusUnsupportedMediaType, "the body has to be application/json or application/x-www-form-urlencoded, and Content-Type has to say so"}
	}
	if err != nil {
		return err
	}
	if page == "" {
		return errors.New("url is missing; it has to be absolute, such as https://example.org/path")
	}
	o.Target, err = purge.ParseTarget(h.Policy, page)
	return err
}
