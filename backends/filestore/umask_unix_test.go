//go:build unix

package filestore_test

import "syscall"

// With a usual umask of 002, a test's own directory could be written to by its
// group, and a store would refuse it.
func init() { syscall.Umask(0o022) }
