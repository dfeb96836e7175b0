package acceptance_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs a test binary that a test has started as the other program that
// the test needs.
func TestMain(m *testing.M) {
	if name := os.Getenv(roleVariable); name != "" {
		if err := runChild(name, os.Getenv(urlVariable)); err != nil {
			fmt.Fprintf(os.Stderr, "child %s: %v\n", name, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
