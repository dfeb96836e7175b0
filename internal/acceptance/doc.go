// Package acceptance checks what larder promises of every backend through the
// core and on real servers, with several programs at once: that counters are
// exact, that one of many adds, that aliases do not touch each other's entries,
// and that programs read what others wrote or say why not. It has only
// tests; what a store by itself has to do is in package cachetest.
package acceptance
