// Package browser has no code of its own. Its test visits examples/nethttp with
// Chromium, and looks at what a person would see:
//
//	make browser
//
// The browser is a real one, with a cache, a history and cookies of its own, so
// what is right here is what a site tells browsers, too: that they ask before they
// show a page again, so that a change reaches those who have it.
package browser
