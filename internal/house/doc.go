// Package house checks the structure of the repository ("the house"): which package may
// import which, what is linked into the packages that programs use, which other systems they
// compile for, which words names and comments use, and that each package says what it is
// for. It has only tests; the directions are in ARCHITECTURE.md, and their reasons in
// docs/design.
package house
