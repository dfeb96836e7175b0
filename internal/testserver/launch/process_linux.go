package launch

import (
	"os"
	"syscall"
)

// endWithParent lets no server outlive this process, however that ends: after
// the time-out of go test, or a panic of a goroutine, no cleanup runs. Linux
// sends the signal at the end of the thread that started the server. A thread
// of a Go program ends with it, unless a goroutine locked it and never unlocked
// it.
func endWithParent(attributes *syscall.SysProcAttr, crash os.Signal) {
	attributes.Pdeathsig = crash.(syscall.Signal)
}
