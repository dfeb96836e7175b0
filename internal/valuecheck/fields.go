package valuecheck

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// leaf is a field that the encoder writes: of the struct, or of a struct that is
// embedded in it. Or it is one that would be lost, and must be zero.
type leaf struct {
	index []int
	path  string // in Go, for example "Base.Name"
	name  string // in what is written
	typ   reflect.Type

	tagged        bool
	omitEmpty     bool
	omitZero      bool
	behindPointer bool   // an embedded pointer is on the way
	mustBeZero    bool   // it is not written
	lost          string // why
}

// leavesOf returns the fields of the struct t that count, or why no value of t can
// be stored.
func (c *Checker) leavesOf(t reflect.Type) ([]leaf, *fault) {
	s := structWalk{Checker: c}
	if f := s.walk(t, leaf{}, []reflect.Type{t}); f != nil {
		return nil, f
	}
	if !slices.ContainsFunc(s.leaves, leaf.isWritten) && hasFields(t) {
		return nil, faultf("no field of %v is encoded: export its fields, or give it %s", t, c.Advice)
	}
	hideDoubles(s.leaves)
	return s.leaves, nil
}

func (l leaf) isWritten() bool { return !l.mustBeZero }

// structWalk collects the leaves of a struct.
type structWalk struct {
	*Checker
	leaves []leaf
}

// walk collects those of t, which is at the place in. It has met the types of open
// on its way.
func (s *structWalk) walk(t reflect.Type, in leaf, open []reflect.Type) *fault {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		l := in
		l.index, l.typ = append(in.index[:len(in.index):len(in.index)], i), f.Type
		l.path = strings.TrimPrefix(in.path+"."+f.Name, ".")
		if f := s.add(f, l, open); f != nil {
			return f
		}
	}
	return nil
}

// add collects the field f, which is at the place l.
func (s *structWalk) add(f reflect.StructField, l leaf, open []reflect.Type) *fault {
	embedded := f.Anonymous && indirect(f.Type).Kind() == reflect.Struct
	if !f.IsExported() && !embedded {
		if f.Anonymous && f.Type.Kind() == reflect.Interface {
			l.mustBeZero, l.lost = true, "an embedded interface that is not exported is left out: name the field, with a concrete type"
			s.leaves = append(s.leaves, l)
		}
		return nil // as in encoding/json, fields that are not exported do not count
	}
	tag, from := s.tag(f)
	if tag == "-" {
		if from != s.Tags[0] && f.IsExported() && !isLock(indirect(f.Type)) {
			l.mustBeZero = true
			l.lost = fmt.Sprintf(`the tag %s:"-" keeps it out of the cache, too: if it may be lost, add %s:"-", and otherwise %s:%q`, from, s.Tags[0], s.Tags[0], f.Name)
			s.leaves = append(s.leaves, l)
		}
		return nil
	}
	name, options, _ := strings.Cut(tag, ",")
	if embedded && name == "" {
		return s.addEmbedded(f, l, open)
	}
	l.name, l.tagged = cmp.Or(name, f.Name), name != ""
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			l.omitEmpty = true
		case "omitzero":
			l.omitZero = true
		case "keyasint":
			l.name = "number " + l.name
		}
	}
	s.leaves = append(s.leaves, l)
	return nil
}

// addEmbedded collects the fields of an embedded struct, which count as those of
// the struct around it. Methods of the embedded struct are not called: another's cancel
// them out, or those of the struct around it come first.
func (s *structWalk) addEmbedded(f reflect.StructField, l leaf, open []reflect.Type) *fault {
	t := indirect(f.Type)
	switch {
	case slices.Contains(open, t):
		return faultf("a struct that is embedded in itself is left out: name the field").in("." + l.path)
	case t == timeType || slices.Contains(s.Builtin, t) || s.hasMethods(t) && hidesFields(t):
		return faultf("the embedded %v is left out, since its methods are not those of the struct around it: name the field", t).in("." + l.path)
	}
	l.behindPointer = l.behindPointer || f.Type.Kind() == reflect.Pointer
	before := len(s.leaves)
	if fault := s.walk(t, l, append(open[:len(open):len(open)], t)); fault != nil {
		return fault
	}
	found := s.leaves[before:]
	switch {
	case len(found) == 0 && f.IsExported() && hasFields(t) && !isLock(t):
		return faultf("no field of the embedded %v is encoded: export its fields, or name the field and give the type %s", t, s.Advice).in("." + l.path)
	case len(found) > 0 && f.Type.Kind() == reflect.Pointer && !f.IsExported():
		return faultf("an embedded pointer to a struct that is not exported cannot be read back: embed %v itself, or export it", t).in("." + l.path)
	}
	return nil
}

// tag returns the tag of f that counts, and its name.
func (c *Checker) tag(f reflect.StructField) (tag, from string) {
	for _, name := range c.Tags {
		if tag := f.Tag.Get(name); tag != "" {
			return tag, name
		}
	}
	return "", ""
}

// hideDoubles marks the leaves that the encoder leaves out since another has the
// same name: of these only the one that is embedded least deep is written, of several
// the one with a tag, and if there are still several, none.
func hideDoubles(leaves []leaf) {
	byName := make(map[string][]*leaf)
	for i := range leaves {
		if l := &leaves[i]; l.isWritten() {
			byName[l.name] = append(byName[l.name], l)
		}
	}
	for _, same := range byName {
		slices.SortFunc(same, compareDominance)
		if len(same) > 1 && compareDominance(same[0], same[1]) != 0 {
			hide(same[1:], same[0])
		} else if len(same) > 1 {
			hide(same, same[1])
			same[1].lost = fmt.Sprintf("it has the name of %s, %q, and is left out: give them different tags", same[0].path, same[0].name)
		}
	}
}

func hide(leaves []*leaf, by *leaf) {
	for _, l := range leaves {
		l.mustBeZero = true
		l.lost = fmt.Sprintf("it has the name of %s, %q, and is left out: give them different tags", by.path, by.name)
	}
}

func compareDominance(a, b *leaf) int {
	if byDepth := cmp.Compare(len(a.index), len(b.index)); byDepth != 0 || a.tagged == b.tagged {
		return byDepth
	}
	if a.tagged {
		return -1
	}
	return 1
}

// hasFields reports whether t has a field that could hold something.
func hasFields(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Name != "_" {
			return true
		}
	}
	return false
}

// hidesFields reports whether the struct t has fields that only its methods can write.
func hidesFields(t reflect.Type) bool {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name != "_" && !f.IsExported() {
			return true
		}
	}
	return false
}

var lockerType = reflect.TypeFor[sync.Locker]()

// isLock reports whether t is something to synchronise with, which has no value to
// lose.
func isLock(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(lockerType) || t == reflect.TypeFor[sync.Once]() || t == reflect.TypeFor[sync.WaitGroup]()
}
