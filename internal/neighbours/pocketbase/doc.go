// Package pocketbase has no code of its own. Its test runs PocketBase as a library,
// with larder around its handler, and compares the answers with those of PocketBase
// alone: records, files, two users with tokens, and events.
//
// It is a module of its own because PocketBase, with its SQLite in Go, takes minutes
// to build: `make nightly` tests it, and no check of each change builds it.
package pocketbase
