// Package purge carries out purges of pages: of one URL, by tombstones under its keys, and
// of all under one, by a list of rules that every process with the same store reads.
package purge
