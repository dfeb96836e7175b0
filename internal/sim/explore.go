package sim

import "hash/maphash"

// system is a world whose interleavings are explored. A state is a comparable value: copying
// it is an assignment, and two ways that lead to one state are followed once.
type system[W comparable, A any] interface {
	// actions lists what may happen next in w.
	actions(w *W) []A
	// do lets one action happen, and returns what is wrong then, or nothing.
	do(w *W, a A) (problem string)
	// end returns what is wrong with a state in which nothing more can happen.
	end(w *W) (problem string)
}

// exploration is the result of explore.
type exploration[A any] struct {
	states  int    // how many different states were met
	problem string // what a checker found, or nothing
	path    []A    // the actions that lead to the problem
	isCut   bool   // the limit of states was reached
}

// explore walks depth first through all states that can be reached from start, at most limit
// of them, and stops at the first problem.
func explore[W comparable, A any](s system[W, A], start W, limit int) exploration[A] {
	e := explorer[W, A]{system: s, seed: maphash.MakeSeed(), seen: make(map[uint64]struct{}), limit: limit}
	e.visit(&start)
	return exploration[A]{states: len(e.seen), problem: e.problem, path: e.path, isCut: e.isCut}
}

type explorer[W comparable, A any] struct {
	system  system[W, A]
	seed    maphash.Seed
	seen    map[uint64]struct{}
	limit   int
	path    []A
	problem string
	isCut   bool
}

// visit follows every action from w. It leaves the path to the problem, if it found one.
func (e *explorer[W, A]) visit(w *W) (stop bool) {
	hash := maphash.Comparable(e.seed, *w)
	if _, known := e.seen[hash]; known {
		return false
	}
	if len(e.seen) >= e.limit {
		e.isCut = true
		return true
	}
	e.seen[hash] = struct{}{}
	actions := e.system.actions(w)
	if len(actions) == 0 {
		e.problem = e.system.end(w)
		return e.problem != ""
	}
	for _, a := range actions {
		next := *w
		e.path = append(e.path, a)
		if e.problem = e.system.do(&next, a); e.problem != "" || e.visit(&next) {
			return true
		}
		e.path = e.path[:len(e.path)-1]
	}
	return false
}
