// Package apps compares real web applications with themselves behind
// examples/proxy. Its tests start Debian's nginx, Django with its admin, and an
// Express application, visit each page directly and through the cache, and report
// every difference that RFC 9110 and RFC 9111 do not explain. What they explain is
// in explain.go.
//
// `make apps` installs the applications and runs the short form, with few
// pages; `make apps-full` follows every link.
package apps
