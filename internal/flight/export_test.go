package flight

// Active returns the number of flights that can be joined or waited for.
func (g *Group[V]) Active() int64 { return g.active.Load() }

// Remembered is how many commits the log goes back.
const Remembered = remembered
