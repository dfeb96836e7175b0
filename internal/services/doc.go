//go:build unix

// The command services starts Redis, Memcached and PostgreSQL, each on a free
// port of 127.0.0.1 with its data in a temporary folder, for tests and for
// development:
//
//	go run ./internal/services                               until Ctrl-C
//	go run ./internal/services -- go test ./backends/...     for one command
//
// Without a command, or with -print, it prints the settings to paste. A command
// finds the servers in its environment (LARDER_TEST_REDIS,
// LARDER_TEST_MEMCACHED, LARDER_TEST_POSTGRES; where they are there already, they are used
// and nothing is started), runs in a process group of its
// own and has no standard input; its exit code becomes that of services
// (go run prints it and has 1 for its own).
//
// At the end the servers are stopped by their process ids and their folders
// removed: after a failure too, after SIGINT, SIGTERM and SIGHUP, which first
// end the command, and when the program that started services is gone, since go
// run passes no signal on.
package main
