package fragment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/larder-go/larder/cache"
)

// Option changes how the fragments of a [Set] are kept: all of them, or with
// [For] one. Options are a set: their order means nothing, and each that holds one value is
// given at most once for all, and once for a fragment. [New] returns what is wrong.
type Option func(*options)

// Alias keeps fragments in the cache of this alias instead of "default". Whether
// there is one shows when a fragment is rendered.
func Alias(name string) Option {
	return func(o *options) { o.alias = append(o.alias, name) }
}

// Timeout is for how long fragments are kept; the default is the alias's own.
// With a timeout of zero or less they are rendered each time.
func Timeout(t cache.Timeout) Option {
	return func(o *options) { o.timeout = append(o.timeout, t) }
}

// KeyPrefix keeps the fragments apart from those of other sets in the same cache. Sets
// whose templates have the same text and call different functions need it, such as one
// set for each language: the text is all that an entry knows of its templates.
//
//	english := fragment.Must(fragment.New(parse(translateTo("en")), fragment.KeyPrefix("en")))
func KeyPrefix(prefix string) Option {
	return func(o *options) { o.keyPrefix = append(o.keyPrefix, prefix) }
}

// For applies opts to the fragment of this name only, over the options for all.
func For(name string, opts ...Option) Option {
	return func(o *options) { o.named = append(o.named, named{name, opts}) }
}

// keeping says where a fragment is kept, by which keys, and for how long.
type keeping struct {
	alias     string
	keyPrefix string
	timeout   cache.Timeout
}

// options are what the options of a [Set], or of one fragment, say. A slice has one
// element unless its option was given several times.
type options struct {
	alias, keyPrefix []string
	timeout          []cache.Timeout
	named            []named
	nils             int // options that are nil
}

type named struct {
	name string
	opts []Option
}

func newOptions(opts []Option) (o options) {
	for _, opt := range opts {
		if opt == nil {
			o.nils++
			continue
		}
		opt(&o)
	}
	return o
}

// add adds what others say of the same fragment.
func (o *options) add(more options) {
	o.alias = append(o.alias, more.alias...)
	o.keyPrefix = append(o.keyPrefix, more.keyPrefix...)
	o.timeout = append(o.timeout, more.timeout...)
	o.named = append(o.named, more.named...)
	o.nils += more.nils
}

// byName gives each template of the set what options say of it, and returns all that is
// wrong with these.
func byName(opts []Option, fragments map[string]*fragment) error {
	o := newOptions(opts)
	all, errs := o.resolve("", keeping{alias: cache.DefaultAlias})
	for _, f := range fragments {
		f.keeping = all
	}
	own := make(map[string]*options)
	for _, n := range o.named {
		if own[n.name] == nil {
			own[n.name] = new(options)
		}
		own[n.name].add(newOptions(n.opts))
	}
	for name, o := range own {
		k, wrong := o.resolve(fmt.Sprintf("For(%q): ", name), all)
		errs = append(errs, wrong...)
		if o.named != nil {
			errs = append(errs, errors.New("fragment: For within For means nothing"))
		}
		if f, ok := fragments[name]; ok {
			f.keeping = k
		} else {
			errs = append(errs, fmt.Errorf("fragment: For: %w", unknown(name)))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// resolve returns what the options say together, and otherwise what holds for all; where
// is what an error begins with.
func (o *options) resolve(where string, all keeping) (k keeping, errs []error) {
	problem := func(format string, args ...any) {
		errs = append(errs, errors.New("fragment: "+where+fmt.Sprintf(format, args...)))
	}
	if o.nils > 0 {
		problem("an option is nil; options are what the functions of this package return")
	}
	if slices.Contains(o.alias, "") {
		problem("Alias: the name is empty; without the option it is %q", cache.DefaultAlias)
	}
	for _, prefix := range o.keyPrefix {
		if prefix == "" || isMalformed(prefix) {
			problem("KeyPrefix: %q; it has to be printable, and not empty", prefix)
		}
	}
	return keeping{
		alias:     theOne("Alias", o.alias, all.alias, problem),
		keyPrefix: theOne("KeyPrefix", o.keyPrefix, all.keyPrefix, problem),
		timeout:   theOne("Timeout", o.timeout, all.timeout, problem),
	}, errs
}

// theOne returns the value of an option that holds one, or fallback if it was not given.
func theOne[T any](option string, values []T, fallback T, problem func(string, ...any)) T {
	switch len(values) {
	case 0:
		return fallback
	case 1:
		return values[0]
	}
	problem("%s: it is given %d times; it holds one value", option, len(values))
	return fallback
}

// isMalformed reports whether a text has characters that cannot be printed.
func isMalformed(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 })
}
