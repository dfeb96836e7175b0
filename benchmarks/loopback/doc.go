// Package loopback has servers on 127.0.0.1 and a client for them that costs so
// little that what it measures is the server. The client is no HTTP client for
// other uses: it reads the status and skips the body.
package loopback
