package middleware

import (
	"net/http"
	"slices"
)

// Chain returns middleware that is all of these, the first outermost: a request
// goes through them in the order in which they are written.
//
//	page := middleware.Chain(requireUser, middleware.VaryOnCookie, articles.Handler)
//	mux.Handle("GET /articles/{id}", page(http.HandlerFunc(showArticle)))
//
// Put middleware that decides about access before the cache: on a hit, the middleware
// behind the cache does not run. An empty chain is the handler itself.
//
// # Patterns
//
// The pattern by which [http.ServeMux] has chosen a handler, and the values of its
// wildcards, belong to the request: r.Pattern and r.PathValue. They are there for
// what is registered with the mux, a CachePage or a chain: for the functions given
// to [VaryBy] and [When], and for the handler behind the cache in each of its runs,
// in the background too. Around a mux, where a [Site] is, they are not there yet.
//
// On a hit and on a miss, r.Pattern is also set on the request that was given to the mux.
// [Lifecycle] passes on a copy, so middleware for metrics belongs inside it; a receiver of
// RequestFinished gets that request, too.
func Chain(all ...func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	all = slices.Clone(all)
	return func(next http.Handler) http.Handler {
		for _, middleware := range slices.Backward(all) {
			next = middleware(next)
		}
		return next
	}
}
