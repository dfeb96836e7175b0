// Package audit finds out whether pages are safe to cache: it asks for each of them behind
// the cache, with one thing of the request changed each time, and compares the answers.
// Where they differ, and one that is stored would be given to the other's request, the page
// depends on something that it does not declare.
//
// Package pagetest uses it to ask in the process of a test, and the command "larder audit"
// to ask over HTTP. The page itself says whether the response to one request would be given
// to the other (package explain).
package audit
