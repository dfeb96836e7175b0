// Command rules writes docs/rules.md, the list of the rules that the tests show: each with
// its test and, where it has one, the section that it comes from. It is run by go generate:
//
//	go generate ./internal/gen/rules
//
// The first sentence of a test's comment is its rule. A source stands on a line of its own:
//
//	// A response with Authorization in its request is stored only if it says so.
//	// RFC 9111, 3.5; RFC 9111, 5.2.2.9
//	func TestAuthorizationIsStoredOnRequestOnly(t *testing.T) {
//
// The conformance suite for backends has its rules in its cases; they are listed too.
package main

import (
	"log"
	"os"
	"path/filepath"
)

//go:generate go run . ../../..

// page is the file that is written, below the root of the repository.
const page = "docs/rules.md"

func main() {
	log.SetFlags(0)
	log.SetPrefix("rules: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: rules ROOT, where ROOT is the root of the repository")
	}
	if err := generate(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// generate writes the page of the repository at root.
func generate(root string) error {
	rules, err := collect(root)
	if err != nil {
		return err
	}
	text, err := render(rules)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, page), text, 0o644)
}
