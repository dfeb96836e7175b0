// Package rivals has other caches for data in memory behind one small
// interface, one file each, with the options that their documentation proposes
// for entries that expire. Where an option costs time for something that larder
// does not have, statistics above all, it is off.
package rivals
