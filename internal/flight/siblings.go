package flight

// siblings are the flights of one key. Usually there is one. There are several if callers
// of different partitions ask at the same time, if callers ask to be alone, or if a flight
// takes so long that others are started beside it. All are made stale together. The lock of
// their shard guards them.
type siblings[V any] struct {
	open       *Flight[V]            // what callers without a partition join
	partitions map[string]*Flight[V] // what the others join; nil until there is one
	first      *Flight[V]            // of a list of all
	undoing    int                   // how many are stale and still committing
}

// joinable returns the flight that a caller joins, or nil.
func (fs *siblings[V]) joinable(j JoinOptions) *Flight[V] {
	switch {
	case j.Alone:
		return nil
	case j.Partition == "":
		return fs.open
	}
	return fs.partitions[j.Partition]
}

// setJoinable sets what callers of a partition join.
func (fs *siblings[V]) setJoinable(partition string, f *Flight[V]) {
	switch {
	case partition == "":
		fs.open = f
	case f == nil:
		delete(fs.partitions, partition)
	default:
		if fs.partitions == nil {
			fs.partitions = make(map[string]*Flight[V])
		}
		fs.partitions[partition] = f
	}
}

// isJoinable reports whether callers of f's partition join f.
func (fs *siblings[V]) isJoinable(f *Flight[V]) bool {
	if f.partition == "" {
		return fs.open == f
	}
	return fs.partitions[f.partition] == f
}

// add lists f, and lets others join it unless its starter wants to be alone; mu is
// held.
func (s *shard[V]) add(f *Flight[V], alone bool) {
	fs := s.keys[f.key]
	if fs == nil {
		fs = &f.room
		s.keys[f.key] = fs
	}
	f.listed, f.siblings = true, fs
	f.next = fs.first
	if f.next != nil {
		f.next.previous = f
	}
	fs.first = f
	f.group.active.Add(1)
	if !alone {
		fs.setJoinable(f.partition, f)
	}
}

// remove takes the flight out of its shard, whose lock is held.
func (f *Flight[V]) remove() {
	if !f.listed {
		return
	}
	fs := f.siblings
	if fs.isJoinable(f) {
		fs.setJoinable(f.partition, nil)
	}
	if f.previous != nil {
		f.previous.next = f.next
	} else {
		fs.first = f.next
	}
	if f.next != nil {
		f.next.previous = f.previous
	}
	f.listed, f.previous, f.next = false, nil, nil
	f.group.active.Add(-1)
	if fs.first == nil {
		delete(f.shard.keys, f.key)
	}
}

// makeStale makes all of them stale, and appends those that are committing.
func (fs *siblings[V]) makeStale(committing []*Flight[V]) []*Flight[V] {
	for f := fs.first; f != nil; {
		next := f.next // which f forgets if it is removed
		if f.makeStale() {
			committing = append(committing, f)
		}
		f = next
	}
	return committing
}

// commitToUndo returns a channel that is closed when a flight that is stale has
// committed, or nil if there is none.
func (fs *siblings[V]) commitToUndo() <-chan struct{} {
	if fs.undoing == 0 {
		return nil
	}
	for f := fs.first; f != nil; f = f.next {
		if f.stale && f.committing {
			return f.commitEnd()
		}
	}
	return nil
}
