package rfc9111

import "slices"

// fewNames is the length up to which a list is searched element by element,
// which takes less time than a map there and no memory.
const fewNames = 16

// distinct tells which elements of a list have not occurred before. It does so
// in time proportional to the list, however long that is: the sender chooses its
// length. The zero value is ready.
type distinct struct {
	indexes map[string]int // of the elements, once they are more than a few
}

// add reports whether s is not in list, which has all elements that were added.
// The caller appends it then.
func (d *distinct) add(list []string, s string) bool { return d.index(list, s) < 0 }

// index returns where s is in list, or -1 if the caller is going to append it.
func (d *distinct) index(list []string, s string) int {
	if len(list) < fewNames {
		return slices.Index(list, s)
	}
	if d.indexes == nil {
		d.indexes = make(map[string]int, 2*len(list))
		for i, known := range list {
			d.indexes[known] = i
		}
	}
	if i, known := d.indexes[s]; known {
		return i
	}
	d.indexes[s] = len(list)
	return -1
}
