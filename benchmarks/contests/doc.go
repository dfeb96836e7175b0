// Package contests has the comparisons with rivals that reports show and that
// are no targets: how fast the caches read, what they keep, how fast pages come
// and who waits while one is refreshed. Where a rival is better, it shows.
package contests
