// Package audit finds out whether pages are safe to cache: it asks for each of them behind
// the cache, with one thing of the request changed each time, and compares the answers.
// Where they differ, and one that is stored would be given to the other's request, the page
// depends on something that it does not declare.
//
// It is the engine of package pagetest, which asks in the process of a test, and of the
// command "larder audit", which asks over HTTP. How a page judges a request is the page's
// own word (package explain).
package audit
