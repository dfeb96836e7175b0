package middleware

import (
	"errors"
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// PurgeHandler returns a handler that purges pages of this policy for those whom authorize
// allows. Several policies that differ in key or alias need a handler each.
//
// A request is one of
//
//	PURGE /page HTTP/1.1            POST /-/purge HTTP/1.1
//	Host: example.org               Content-Type: application/json
//	Authorization: Bearer ...       Authorization: Bearer ...
//	Larder-Purge: prefix, soft
//	                                {"url": "https://example.org/page", "prefix": true, "soft": true}
//
// The target of a PURGE is the page, by the scheme and host at which this server
// takes the request for one; the field Larder-Purge may be left out. A POST may
// be a form with the same names, too. prefix is [Policy.PurgePrefix], soft
// [Policy.PurgeSoft], both [Policy.PurgePrefixSoft], and neither [Policy.Purge].
//
//	purge := articles.PurgeHandler(middleware.BearerToken(token))
//	mux.Handle("PURGE /", purge)
//	mux.Handle("POST /-/purge", purge)
//
// (In an [http.ServeMux], "PURGE /" conflicts with a pattern without a method: write
// "GET /shop/", not "/shop/".)
//
// The answer is 200 with a [PurgeResult] as application/json:
//
//	{"purged":"https://example.org/page","prefix":false,"soft":false,"keys":["page:...", ...],"entries":1}
//
// A purge that found nothing has 0 entries, and is 200 too: it keeps runs that have begun
// before from storing. A prefix has null, since nothing is counted.
//
// Otherwise it is {"error": "..."} with what was wrong: 400 for a malformed purge, 401 or 403
// without valid credentials, 403 for a cross-origin request of a browser, 405 for other
// methods, 413 and 415 for a body that is longer than 64 KiB or of another type, and 503 if
// the cache failed: the page may still be there. A URL may have 32 KiB. If Accept prefers
// text/plain, all of that is one line of text.
//
// It panics if authorize is the zero [Authorizer].
func (p *Policy) PurgeHandler(authorize Authorizer) http.Handler {
	if authorize.allows == nil {
		panic("middleware: PurgeHandler: the Authorizer is empty; make one with BearerToken, BasicAuth or AuthorizeFunc")
	}
	return &purgeHandler{Policy: p.rules(), authorize: authorize, origins: http.NewCrossOriginProtection()}
}

// methodPurge is what caches have for it; no RFC knows of it.
const methodPurge = "PURGE"

type purgeHandler struct {
	*policy.Policy
	authorize Authorizer
	origins   *http.CrossOriginProtection
}

// ServeHTTP implements [http.Handler].
func (h *purgeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != methodPurge && r.Method != http.MethodPost:
		w.Header().Set("Allow", methodPurge+", "+http.MethodPost)
		respwriter.ReplyError(w, r, http.StatusMethodNotAllowed, "the method has to be PURGE or POST")
	case h.origins.Check(r) != nil:
		// A browser sends credentials that it remembers with the forms of any site.
		respwriter.ReplyError(w, r, http.StatusForbidden, "the request is from a page of another origin")
	case !h.authorize.allows(r):
		h.authorize.refuse(w, r)
	default:
		h.serve(w, r)
	}
}

// serve purges for a request that is allowed to.
func (h *purgeHandler) serve(w http.ResponseWriter, r *http.Request) {
	order, err := h.order(w, r)
	if err != nil {
		refusal := refusal{status: http.StatusBadRequest, text: err.Error()}
		errors.As(err, &refusal)
		respwriter.ReplyError(w, r, refusal.status, refusal.text)
		return
	}
	done, err := purge.CarryOut(r.Context(), h.Policy, order, purge.Counted)
	result := PurgeResult(done)
	switch {
	case errors.Is(err, purge.ErrURL):
		respwriter.ReplyError(w, r, http.StatusBadRequest, err.Error())
	case err != nil:
		engine.Logger(r.Context()).ErrorContext(r.Context(), "larder: a purge failed", "url", result.URL, "error", err)
		respwriter.ReplyError(w, r, http.StatusServiceUnavailable, "the cache failed, and the page may still be there; the log says how")
	default:
		respwriter.Report(w, r, http.StatusOK, result.String()+"\n", result)
	}
}
