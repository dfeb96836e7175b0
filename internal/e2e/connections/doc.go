// Package connections counts connections by what the servers themselves report,
// for tests. Its own tests prove that larder keeps to the connections that its
// settings allow, under requests that use every backend, that are given up by
// their clients, that panic and that leave work behind, and that none is left
// after Shutdown.
package connections
