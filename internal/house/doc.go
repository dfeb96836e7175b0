// Package house checks the shape of the house: which package may import which,
// what is linked into the packages that programs use, and that each package
// says what it is for. It has only tests; the directions are in
// ARCHITECTURE.md, and their reasons in docs/design.
package house
