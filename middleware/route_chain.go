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
// What decides whether a client may have a page at all stands before the cache:
// what stands behind it is not asked when the page is there already. A chain of
// nothing is the handler itself.
//
// # Patterns
//
// The pattern by which [http.ServeMux] has chosen a handler, and the values of its
// wildcards, belong to the request: r.Pattern and r.PathValue. They are there for
// what is registered with the mux, a CachePage or a chain: for the functions given
// to [VaryBy] and [When], and for the handler behind the cache in each of its runs,
// in the background too. Around a mux, where a [Site] is, they are not there yet.
//
// Once the mux has returned, r.Pattern also tells middleware around it which route
// it was, on a hit as on a miss, if the mux was given that very request; within
// [Lifecycle], which passes on a copy, but not around it. That and Cache-Status is
// what a metric wants; so does the request of RequestFinished have it.
func Chain(all ...func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	all = slices.Clone(all)
	return func(next http.Handler) http.Handler {
		for _, middleware := range slices.Backward(all) {
			next = middleware(next)
		}
		return next
	}
}
