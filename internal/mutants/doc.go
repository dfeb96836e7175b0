// Package mutants checks the tests of options: an option that is made to do nothing has to
// fail the test of its effect. It has only a test; see `make mutants`.
package mutants
