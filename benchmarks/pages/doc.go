// Package pages has other caches for HTTP responses, one file each, as servers
// on loopback that all serve the same page: so those that are no net/http
// handlers, fiber's and the proxies, can be compared too.
package pages
