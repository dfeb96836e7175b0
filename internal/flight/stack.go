package flight

// reserveStack makes the stack of a new goroutine large enough for most runs, in one step
// while there is nothing on it to copy. Otherwise it grows in the middle of the run, and
// again, each time with all frames: a third of the time of a short load.
//
//go:noinline
func reserveStack(use bool) {
	if use { // never; the room is part of the frame all the same
		var room [runStack]byte
		occupy(&room)
	}
}

// runStack is a little less than the largest power of two that most runs fit into.
const runStack = 12 << 10

//go:noinline
func occupy(room *[runStack]byte) { room[0] = 1 }
