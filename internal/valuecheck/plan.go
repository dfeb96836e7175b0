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

	visited   bool // values have to be looked at
	unbounded bool // values can be nested without end
	self      bool // the type encodes itself: what it has in it is its own affair
	null      bool // of those: some value is written as nil

	// look looks at a value itself; nil if there is nothing to see. With a text the
	// value cannot be stored. If lookWhole is set, it is look for a value that is not
	// a part of another, for which Checker.AllocateEmbedded can do something.
	look, lookWhole func(v reflect.Value) (reason string)

	elem   *plan
	key    *plan // of a map, if keys have to be looked at
	fields []field
}

// field is a field of a struct, or of one that is embedded in it.
type field struct {
	leaf
	plan *plan

	// isLost reports whether the option omitzero leaves v out, which is not zero, since
	// its method says so. It is nil for fields without the option or the method.
	isLost func(v reflect.Value) bool
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
		p.self, p.null = true, c.writesNull(reflect.Zero(t))
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
	p.refused = elem.refused
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
	if r := elem.refused; r != nil && p.refused == nil {
		p.refused = r.in(step)
	}
	p.adopt(elem)
}

// adopt says that values of p hold values of part.
func (p *plan) adopt(part *plan) {
	p.visited = p.visited || part.visited
	p.unbounded = p.unbounded || part.unbounded
}

func (c planner) fillStruct(p *plan, t reflect.Type, addressable bool) {
	if isProtobuf(t) {
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
		if r := part.refused; r != nil && p.refused == nil {
			p.refused = r.in("." + l.path)
		}
		f := field{leaf: l, plan: part}
		if l.omitZero && hasIsZero(l.typ) {
			f.isLost = c.isLostAsZero
		}
		if part.visited || l.mustBeZero || f.isLost != nil {
			p.visited = true
		}
		p.unbounded = p.unbounded || part.unbounded
		p.fields = append(p.fields, f)
	}
}

// isProtobuf reports whether values of the struct t hold something besides their
// exported fields, which are those of a protobuf message: the generated code of
// google.golang.org/protobuf has a method ProtoReflect, and hidden fields. ProtoMessage
// alone, which types of Kubernetes and gogo/protobuf have, says nothing of that kind.
func isProtobuf(t reflect.Type) bool {
	pointer := reflect.PointerTo(t)
	if _, ok := pointer.MethodByName("ProtoReflect"); ok {
		return true
	}
	_, hasUnknown := t.FieldByName("unknownFields")
	_, hasSize := t.FieldByName("sizeCache")
	return pointer.Implements(protobufType) && (hasUnknown || hasSize)
}

var protobufType = reflect.TypeFor[interface{ ProtoMessage() }]()

var timeType = reflect.TypeFor[time.Time]()
