// Package uri has one form for all spellings of a URL: by the syntax of URIs and by
// the schemes http and https (RFC 3986, section 6.2; RFC 9110, section 4.2.3). It
// reads URLs as people write them, too. It knows nothing of requests or caches.
package uri
