// Package consumer checks which versions a program gets of what larder requires. It has
// only a test, which builds the programs in testdata as their own modules.
package consumer
