// Command hits runs a hit path a number of times and nothing else, for an
// observer that counts instructions.
//
//	hits PATH N
//
// The paths are listed in [paths]. It writes only with the exported API, so that
// the same source is built for two commits and compared. It is to be
// started with GOGC=off and GODEBUG=asyncpreemptoff=1, so that two runs do the same.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hits:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: hits PATH N")
	}
	prepare, known := paths[args[0]]
	if !known {
		return fmt.Errorf("there is no path %q", args[0])
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	hit, err := prepare(context.Background())
	if err != nil {
		return err
	}
	for range n {
		if err := hit(); err != nil {
			return err
		}
	}
	return nil
}

// paths prepare each path and return one hit on it. Of a server's paths, only
// what the client does is counted, in the process that is observed.
var paths = map[string]func(context.Context) (hit func() error, err error){
	"bytes":           bytesPath(memory),    // GetBytes of a shared value
	"struct":          structPath,           // typed Get of a native struct from memory
	"getorset":        getOrSetPath,         // GetOrSet of the same
	"page":            pagePath(memory),     // CachePage, 1 KiB
	"variant":         variantPath,          // the same of a page that varies on Accept-Encoding
	"whole":           wholePath,            // the first directly within a Lifecycle
	"mux":             muxPath,              // behind a mux within a Lifecycle
	"gin":             ginPath,              // through gin, within its Lifecycle
	"echo":            echoPath,             // through echo, within its Lifecycle
	"redis-bytes":     bytesPath(redis),     // GetBytes of 256 bytes
	"redis-page":      pagePath(redis),      // CachePage, 1 KiB
	"memcached-bytes": bytesPath(memcached), // GetBytes of 256 bytes
	"memcached-page":  pagePath(memcached),  // CachePage, 1 KiB
	"load":            loadPath,             // GetOrSet that loads a struct of two fields
	"missed-page":     missedPagePath,       // CachePage of 1 KiB, within a Lifecycle
	"floor":           floorPath,            // a handler that sets three fields and writes 1 KiB, as the page's would
}
