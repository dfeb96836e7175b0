package valuecheck

import (
	"reflect"
	"strconv"
	"strings"
)

// walk looks at v, a value of the type of p, as far as it has to be looked at.
func (c *Checker) walk(p *plan, v reflect.Value, depth int) *fault {
	return c.walkLooking(p, v, depth, p.look)
}

// walkWhole looks at v, which is not a part of another value. Pointers to it do not
// count: what they point to is read into what the destination points to.
func (c *Checker) walkWhole(v reflect.Value, depth int) *fault {
	isPointer := v.Kind() == reflect.Pointer && !v.IsNil()
	for n := 0; isPointer && v.Kind() == reflect.Pointer; n++ {
		switch {
		case v.IsNil():
			return faultPointerToNil
		case n == MaxDepth: // a type can be a pointer to itself
			return errDepth
		}
		v = v.Elem()
	}
	p := c.planOf(v.Type(), true)
	look := p.look
	if p.lookWhole != nil {
		look = p.lookWhole
	}
	return c.walkLooking(p, v, depth, look)
}

var faultPointerToNil = faultf("a pointer to nil comes back as nil")

// walkLooking looks at what v is made of, unless it encodes itself, and then has look
// look at v itself: what look does need not expect a value that refers to itself.
func (c *Checker) walkLooking(p *plan, v reflect.Value, depth int, look func(reflect.Value) string) *fault {
	switch {
	case p.refused != nil: // it was not known when the plan of what holds it was made
		return p.refused
	case !p.visited:
		return nil
	case p.unbounded && depth == 0:
		return errDepth
	}
	if !p.self {
		if f := c.walkParts(p, v, depth); f != nil {
			return f
		}
	}
	if look != nil {
		if reason := look(v); reason != "" {
			return &fault{reason: reason}
		}
	}
	return nil
}

func (c *Checker) walkParts(p *plan, v reflect.Value, depth int) *fault {
	if p.unbounded {
		depth--
	}
	switch v.Kind() {
	case reflect.Interface:
		return c.walkInterface(v, depth)
	case reflect.Pointer:
		return c.walkPointer(p, v, depth)
	case reflect.Struct:
		return p.eachField(v, false, func(p *plan, part reflect.Value) *fault { return c.walk(p, part, depth) })
	case reflect.Slice, reflect.Array:
		for i := 0; p.elem != nil && i < v.Len(); i++ { // of bytes there is no plan
			if f := c.walk(p.elem, v.Index(i), depth); f != nil {
				return f.in(indexStep(i))
			}
		}
	case reflect.Map:
		return c.walkMap(p, v, depth)
	}
	return nil
}

func (c *Checker) walkInterface(v reflect.Value, depth int) *fault {
	switch {
	case v.IsNil():
		return nil
	case v.NumMethod() > 0:
		return faultf("the interface %v holds a %v, which could not be read back: give it a concrete type", v.Type(), v.Elem().Type())
	}
	return c.underAny(v.Interface(), depth)
}

// isNil reports whether v is nil, or an interface that holds nil.
func isNil(v reflect.Value) bool {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	return canBeNil(v.Type()) && v.IsNil()
}

func (c *Checker) walkPointer(p *plan, v reflect.Value, depth int) *fault {
	if v.IsNil() {
		return nil
	}
	elem := v.Elem()
	switch {
	case isNil(elem):
		return faultPointerToNil
	case p.elem.null && c.writesNull(elem):
		return faultf("a pointer to a %v that is written as nil comes back as nil", elem.Type())
	case elem.Type() == timeType && !c.JSON && timeOf(elem).IsZero():
		return faultf("a pointer to the zero time comes back as nil")
	}
	return c.walk(p.elem, elem, depth)
}

// eachField calls look with the fields of v that have to be looked at, or with all.
func (p *plan) eachField(v reflect.Value, all bool, look func(p *plan, part reflect.Value) *fault) *fault {
	for i := range p.fields {
		f := &p.fields[i]
		if !all && !f.plan.visited && !f.mustBeZero && f.plan.refused == nil && f.isLost == nil {
			continue
		}
		part, err := v.FieldByIndexErr(f.index)
		switch {
		case err != nil: // an embedded pointer is nil
			continue
		case f.mustBeZero:
			if !part.IsZero() {
				return faultf("%s", f.lost).in("." + f.path)
			}
		case f.omitEmpty && isEmpty(part), f.omitZero && part.IsZero():
		case f.isLost != nil && f.isLost(part):
			return faultf("the option omitzero leaves it out, since its method IsZero says that it is zero, and it is not: leave the option away").in("." + f.path)
		default:
			if fault := look(f.plan, part); fault != nil {
				return fault.in("." + f.path)
			}
		}
	}
	return nil
}

// isEmpty reports whether the option omitempty leaves v out, whose zero value then
// comes back.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	}
	return v.IsZero() && v.Kind() != reflect.Struct
}

func (c *Checker) walkMap(p *plan, v reflect.Value, depth int) *fault {
	if object, ok := v.Interface().(map[string]any); ok {
		return c.enter(object, depth+1)
	}
	elem := reflect.New(v.Type().Elem()).Elem() // one for all: iter.Value() would allocate each
	for iter := v.MapRange(); iter.Next(); {
		if p.key != nil {
			if f := c.lookAtKey(p.key, iter.Key(), depth); f != nil {
				return f.in("[key]")
			}
		}
		elem.SetIterValue(iter)
		if f := c.walk(p.elem, elem, depth); f != nil {
			return f.in(keyStep(iter.Key()))
		}
	}
	return nil
}

// keyStep is the step of a path to what is under key.
func keyStep(key reflect.Value) string {
	if key.Kind() != reflect.String {
		return "[]"
	}
	return nameStep(key.String())
}

// nameStep is keyStep for text, shortened: it may be a client's.
func nameStep(key string) string {
	const most = 40
	if len(key) > most {
		key = strings.ToValidUTF8(key[:most], "") + "…"
	}
	return "[" + strconv.Quote(key) + "]"
}

// indexStep is the step of a path to an element of a list.
func indexStep(i int) string { return "[" + strconv.Itoa(i) + "]" }
