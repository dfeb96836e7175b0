package middleware

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/rfc9111"
)

// What a handler may do to the header of one response, before it writes that. The
// functions are those of django.utils.cache, and merge what is there with what they add,
// as the middleware of this package does.

// PatchVaryHeaders adds the names of request fields to the Vary field of a response, as
// Django's patch_vary_headers does: names that are there are kept, each is named once,
// whatever the case of its letters, and "*" makes the others superfluous. It is for a
// response that depends on something in some cases only; see [VaryOnHeaders].
//
//	if articles.hasTranslations {
//		middleware.PatchVaryHeaders(w.Header(), "Accept-Language")
//	}
//
// A name that is not the name of a field is an error. Vary is then "*", so that no cache
// stores the response (RFC 9111, section 4.1).
func PatchVaryHeaders(header http.Header, names ...string) error {
	lines := header["Vary"]
	err := checkVaryNames(names)
	if err != nil {
		names = []string{"*"}
		err = fmt.Errorf("middleware: Vary: %w", err)
	}
	if line := mergedVary(lines, names); line != "" {
		header["Vary"] = []string{line}
	}
	return err
}

// checkVaryNames returns an error for the first text that Vary cannot name.
func checkVaryNames(names []string) error {
	for _, name := range names {
		if read, any := rfc9111.VaryNames([]string{name}); name != "*" && (any || len(read) != 1 || !strings.EqualFold(read[0], name)) {
			return fmt.Errorf("%q is not the name of a field", name)
		}
	}
	return nil
}

// mergedVary is the line of Vary with what the lines and the names say.
func mergedVary(lines, names []string) string {
	return policy.VaryLine(rfc9111.FieldNames(slices.Concat(lines, names)))
}

// PatchCacheControl adds directives to the Cache-Control field of a response, as Django's
// patch_cache_control does. Where both say something the stricter counts, as with
// [CacheControl]: the smaller of two lifetimes, private over public (of which Django takes
// the later one), and a directive about the whole response over one that names fields.
//
// A malformed directive, one that is given twice and two that contradict each other are an
// error. The response then says no-store, so that no cache stores it.
func PatchCacheControl(header http.Header, directives ...Directive) error {
	err := checkDirectives(directives)
	if err != nil {
		directives = []Directive{NoStore}
		err = fmt.Errorf("middleware: Cache-Control: %w", err)
	}
	if len(directives) > 0 {
		header["Cache-Control"] = []string{rfc9111.MergeDirectives(header["Cache-Control"], []string{joinDirectives(directives)})}
	}
	return err
}

// AddNeverCacheHeaders forbids every cache to keep a response, as Django's
// add_never_cache_headers and [NeverCache] do: it adds
//
//	max-age=0, no-cache, no-store, must-revalidate, private
//
// to Cache-Control, sets Expires to now, and removes CDN-Cache-Control and
// Surrogate-Control.
func AddNeverCacheHeaders(header http.Header) {
	header["Cache-Control"] = []string{rfc9111.MergeDirectives(header["Cache-Control"], []string{neverCached})}
	header["Expires"] = []string{rfc9111.FormatDate(time.Now())}
	removeOverruling(header)
}

// removeOverruling removes the fields by which some caches go instead of Cache-Control.
func removeOverruling(header http.Header) {
	delete(header, "Cdn-Cache-Control")
	delete(header, "Surrogate-Control")
}

// PatchResponseHeaders says for how long a response is fresh, as Django's
// patch_response_headers does: it sets Expires to now and timeout, unless the response has
// that field, and adds max-age to Cache-Control, where the smaller of two counts. The
// timeout is in whole seconds; the rest is cut off, and less than zero is zero.
//
// A [Site] and a [Shared] go by that. [CachePage] keeps the page for its own ttl, and
// passes on what the handler says to browsers.
func PatchResponseHeaders(header http.Header, timeout time.Duration) {
	timeout = max(timeout, 0)
	if len(header["Expires"]) == 0 {
		header["Expires"] = []string{rfc9111.FormatDate(time.Now().Add(timeout.Truncate(time.Second)))}
	}
	header["Cache-Control"] = []string{rfc9111.MergeDirectives(header["Cache-Control"], []string{string(MaxAge(timeout))})}
}
