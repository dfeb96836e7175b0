//go:build unix

package proportion

import (
	"syscall"
	"time"
)

// processorTime is how long processors have worked for this process.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // there is no process for which that fails
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
