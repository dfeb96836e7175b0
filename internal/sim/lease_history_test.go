package sim

import (
	"math"

	"github.com/anishathalye/porcupine"
)

// registers is the store as its users see it: each key has the value with one identity, or
// none. A load is a read of that, or replaces it.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) (byKey [][]porcupine.Operation) {
		byKey = make([][]porcupine.Operation, keys)
		for _, o := range history {
			k := o.Input.(operation).key
			byKey[k] = append(byKey[k], o)
		}
		return byKey
	},
	Init: func() any { return uint16(0) },
	Step: func(state, input, _ any) (bool, any) {
		ok, after := input.(operation).isPossible(state.(uint16))
		return ok, after
	},
}

// isPossible reports whether the operation can have had its result if there was the value with
// this identity, and which is there then.
func (o operation) isPossible(there uint16) (ok bool, after uint16) {
	switch o.kind {
	case opGet:
		return there == o.id, there
	case opSet:
		return true, o.id
	case opAdd:
		if there != 0 {
			return o.isUnknown || !o.ok, there
		}
		return o.isUnknown || o.ok, o.id
	case opReplace:
		if there != o.old {
			return o.isUnknown, there
		}
		return true, o.id
	default:
		return o.isUnknown || o.ok == (there != 0), 0
	}
}

// isLinearizable reports whether there is an order of the operations of a run in which each is
// between its beginning and its end, and each result is right.
func (r *leaseRun) isLinearizable() bool {
	history := make([]porcupine.Operation, 0, len(r.history))
	for _, o := range r.history {
		end := int64(o.end)
		if o.isUnknown {
			end = math.MaxInt64
		}
		history = append(history, porcupine.Operation{ClientId: o.client, Input: o, Call: int64(o.begin), Return: end})
	}
	return porcupine.CheckOperations(registers, history)
}
