package valuecheck

import (
	"reflect"
	"slices"
	"time"
)

// plan is what is known of all values of a type, and what is left to look at in
// each.
type plan struct {
	typ     reflect.Type
	refused *fault // no value of the type can be stored

	// refusedBelow is refused for values that are a part of another: their methods
	// would be called on a nil pointer, see Checker.AllocateEmbedded.
	refusedBelow *fault

	visited   bool // values have to be looked at
	unbounded bool // values can be nested without end
	self      bool // the type encodes itself: what it has in it is its own affair
	null      bool // of those: some value is written as nil

	// look looks at a value itself; nil if there is nothing to see. With a text the
	// value cannot be stored.
	look func(v reflect.Value) (reason string)

	elem   *plan
	key    *plan // of a map, if keys have to be looked at
	fields []field
}

// field is a field of a struct, or of one that is embedded in it.
type field struct {
	leaf
	plan *plan
}

// place is a type, and whether its values have an address when they are encoded.
type place struct {
	typ         reflect.Type
	addressable bool
}

// planOf returns the plan for values of t.
func (c *Checker) planOf(t reflect.Type, addressable bool) *plan {
	at := place{t, addressable || !c.JSON}
	if known, ok := c.known.Load(at); ok {
		return known.(*plan)
	}
	p := planner{c, make(map[place]*plan)}
	made := p.plan(at.typ, at.addressable)
	for at, part := range p.made {
		c.known.LoadOrStore(at, part)
	}
	return made
}

// planner makes the plan of a type and those of its parts.
type planner struct {
	*Checker
	made map[place]*plan // or being made
}

func (c planner) plan(t reflect.Type, addressable bool) *plan {
	at := place{t, addressable || !c.JSON}
	if known, ok := c.known.Load(at); ok {
		return known.(*plan)
	}
	if p, ok := c.made[at]; ok {
		if p.typ == nil { // it is being made: the type refers to itself
			p.visited, p.unbounded = true, true
		}
		return p
	}
	p := new(plan)
	c.made[at] = p
	c.fill(p, t, at.addressable)
	p.typ = t
	return p
}

// fill makes the plan p, which may be in use by parts of t.
func (c planner) fill(p *plan, t reflect.Type, addressable bool) {
	switch {
	case t == timeType:
		p.visited, p.look = true, c.lookAtTime
	case c.Lossy[t] != "":
		p.refused = faultf("%s", c.Lossy[t])
	case slices.Contains(c.Builtin, t):
		p.self = true
	case c.Verified[t] != "":
		p.self = c.hasMethods(t)
		c.verify(p, c.Verified[t])
	case t.Kind() == reflect.Interface:
		p.visited, p.unbounded = true, true
	case t.Kind() == reflect.Pointer:
		c.fillPointer(p, t)
	case c.hasMethods(t):
		c.fillSelf(p, t, addressable)
	default:
		c.fillKind(p, t, addressable)
	}
}

func (c planner) fillPointer(p *plan, t reflect.Type) {
	elem := c.plan(t.Elem(), true)
	p.elem = elem
	p.refused, p.refusedBelow = elem.refused, elem.refusedBelow
	p.adopt(elem)
	if canBeNil(t.Elem()) || elem.null || t.Elem() == timeType {
		p.visited = true
	}
}

// fillKind is fill for types that the codec encodes by their kind.
func (c planner) fillKind(p *plan, t reflect.Type, addressable bool) {
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		p.refused = faultf("no value of the type %v can be encoded", t)
	case reflect.Uintptr:
		if !c.JSON {
			p.refused = faultf("no value of the type %v can be encoded: use a uint64", t)
		}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() != reflect.Uint8 || c.JSON && c.hasMethods(t.Elem()) {
			p.contain(c.plan(t.Elem(), addressable || t.Kind() == reflect.Slice), "[]")
		}
	case reflect.Map:
		c.fillMap(p, t)
	case reflect.Struct:
		c.fillStruct(p, t, addressable)
	}
}

// contain says that p has parts like elem at step.
func (p *plan) contain(elem *plan, step string) {
	p.elem = elem
	if r := elem.asPart(); r != nil && p.refused == nil {
		p.refused = r.in(step)
	}
	p.adopt(elem)
}

// asPart is why a value of p cannot be a part of another.
func (p *plan) asPart() *fault {
	if p.refused != nil {
		return p.refused
	}
	return p.refusedBelow
}

// adopt says that values of p hold values of part.
func (p *plan) adopt(part *plan) {
	p.visited = p.visited || part.visited
	p.unbounded = p.unbounded || part.unbounded
}

func (c planner) fillStruct(p *plan, t reflect.Type, addressable bool) {
	if t.Implements(protobufType) || reflect.PointerTo(t).Implements(protobufType) {
		p.refused = faultf("a protobuf message loses what is not in its exported fields: store the bytes of proto.Marshal, with SetBytes")
		return
	}
	leaves, f := c.leavesOf(t)
	if f != nil {
		p.refused = f
		return
	}
	for _, l := range leaves {
		part := &plan{typ: l.typ}
		if !l.mustBeZero {
			part = c.plan(l.typ, addressable || l.behindPointer)
		}
		if r := part.asPart(); r != nil && p.refused == nil {
			p.refused = r.in("." + l.path)
		}
		if part.visited || l.mustBeZero {
			p.visited = true
		}
		p.unbounded = p.unbounded || part.unbounded
		p.fields = append(p.fields, field{l, part})
	}
}

// protobufType is what all messages of protobuf have.
var protobufType = reflect.TypeFor[interface{ ProtoMessage() }]()

var timeType = reflect.TypeFor[time.Time]()
