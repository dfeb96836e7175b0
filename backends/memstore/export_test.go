package memstore

// Held is what a store holds at one moment: the number of entries in its table,
// expired ones included, and the sum of what they account for.
type Held struct {
	Entries int
	Weight  int64
}

// Measure walks the table of s, so that it sees what no maintenance pass has
// seen yet.
func Measure(s *Store) Held {
	e := s.engine.Load()
	held := Held{Entries: e.cache.EstimatedSize()}
	for key, v := range e.cache.All() {
		held.Weight += int64(e.bound.weigh(key, v))
	}
	return held
}

// Settle runs the maintenance that is due.
func Settle(s *Store) { s.engine.Load().cache.CleanUp() }
