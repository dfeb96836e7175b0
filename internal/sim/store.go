package sim

import "fmt"

// key is a slot of the store: the keys of users, and beside each the claim to refresh it.
type key uint8

const (
	keys  = 2
	slots = 2 * keys
)

// claimOf is the key beside k that says that somebody refreshes k.
func claimOf(k key) key { return k + keys }

// opKind is a method of driver.Store or driver.Replacer.
type opKind uint8

const (
	noOp opKind = iota
	opGet
	opAdd
	opSet
	opReplace
	opDelete
	opTouch
)

// op is one operation, which is one atomic step at the store.
type op struct {
	kind     opKind
	key      key
	old      value // for opReplace
	value    value
	ttl      ticks
	isCommit bool // it stores what a load under a lease has made
	isOwn    bool // it stores what a caller has given, which is never out of date
}

// reply is what the caller of an operation gets. err says that nothing is known.
type reply struct {
	value value // of opGet; the head that opAdd, opTouch and opDelete found
	ok    bool  // whether opAdd added, opReplace replaced
	err   bool
}

// entry is a value and when it expires, in the store's time; never if that is 0.
type entry struct {
	value   value
	expires ticks
}

// store is the model of a shared store.
type store [slots]entry

// at returns what is stored under k and has not expired.
func (s *store) at(k key, now ticks) value {
	if e := s[k]; e.expires == 0 || now < e.expires {
		return e.value
	}
	return value{}
}

// apply carries out an operation.
func (s *store) apply(o op, now ticks) reply {
	found := s.at(o.key, now)
	put := func(v value) { s[o.key] = entry{v, now + o.ttl} }
	switch o.kind {
	case opGet:
		return reply{value: found}
	case opAdd:
		if found != (value{}) {
			return reply{value: found}
		}
		put(o.value)
	case opSet:
		put(o.value)
	case opReplace:
		if found != o.old || found == (value{}) {
			return reply{}
		}
		put(o.value)
	case opDelete:
		s[o.key] = entry{}
		return reply{value: found, ok: found != value{}}
	case opTouch:
		if found != (value{}) {
			put(found)
		}
		return reply{value: found}
	}
	return reply{ok: true}
}

func (o op) String() string {
	name := fmt.Sprintf("key %d", o.key)
	if o.key >= keys {
		name = fmt.Sprintf("claim of key %d", o.key-keys)
	}
	switch o.kind {
	case opGet:
		return "Get(" + name + ")"
	case opAdd:
		return fmt.Sprintf("Add(%s, %v)", name, o.value)
	case opSet:
		return fmt.Sprintf("Set(%s, %v)", name, o.value)
	case opReplace:
		return fmt.Sprintf("Replace(%s, %v, %v)", name, o.old, o.value)
	case opDelete:
		return "Delete(" + name + ")"
	case opTouch:
		return fmt.Sprintf("Touch(%s, %d ms)", name, o.ttl)
	}
	return "nothing"
}

func (r reply) String() string {
	if r.err {
		return "no answer"
	}
	return fmt.Sprintf("%v, %v", r.value, r.ok)
}
