// Package neighbours has no code of its own. Its module holds the tests that put
// larder beside the middleware that people use with it (sessions, compression,
// security fields, CORS, time-outs, WebSocket, tracing, static files, request
// ids), so that these stay out of the module that users depend on.
//
// There is one table. Its rows are the neighbours, in the rows_*_test.go files:
// how each is wired, and whether a page beside it is shared. Its columns are the
// situations, in situations_test.go: a cold cache, a hit, a stale page, clients
// that arrive together, a client that leaves, and so on. Each cell builds the same
// application twice, with larder and without, for net/http, chi, gin and echo,
// with the neighbour inside of the page's cache and outside of it, has two users
// visit both, and compares the answers by the rules in rules_test.go.
//
//	make neighbours
//	go -C internal/neighbours test -race -run 'TestNeighbours/scs' .
//
// Everything runs in synctest bubbles over connections in memory: the clock is
// fake, "everybody waits" is exact, and a goroutine that is left fails the cell.
//
// Package apps, in the same module, puts real applications behind examples/proxy.
package neighbours
