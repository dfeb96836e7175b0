// Package guards has tests that fail when a hit path takes more work than it
// did, on any machine and however busy it is: they count instructions, by
// valgrind, and no time.
package guards
