package load

import "context"

// TB is what the package needs of a test. A [testing.TB] is one, and so is what
// a program has in its place: see internal/e2e/soak.
type TB interface {
	Helper()
	Name() string
	Context() context.Context
	Cleanup(func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Log(args ...any)
}
