// Command soak uses every backend of larder in one process, data and pages, for
// minutes or hours, while it breaks their servers one after the other, and checks
// all the while that no answer is wrong. At the end it prints how long operations
// took, and whether the process has grown.
//
//	go -C internal/e2e run ./soak -minutes 5 -out ../../docs/performance
//
// The load is paced, not as much as the machine can do: it is to last. The servers
// are its own. With -out it writes soak.md into that folder. The exit code is 1 if
// anything was wrong, and what it was is on standard error.
//
// The traffic on data is that of package load, the one on pages that of package
// pages, and package measure watches both.
package main
