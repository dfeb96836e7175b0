package fragment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"sync"

	"github.com/larder-go/larder/cache"
)

// function is what templates call a fragment by.
const function = "fragment"

// Funcs returns the function "fragment", without which templates that have
// fragments cannot be parsed. It works in the templates of a [Set] alone: in the
// ones passed to New it is an error.
func Funcs() template.FuncMap {
	return template.FuncMap{function: func(string, any, ...any) (template.HTML, error) {
		return "", errors.New("fragments work when the page is executed by fragment.Set")
	}}
}

// Set is a set of templates with their fragments cached. It may be used from many
// goroutines.
type Set struct {
	original  *template.Template // never executed: one that was cannot be cloned
	fragments map[string]*fragment
	editions  sync.Pool // of *edition
}

// fragment is a template of a set.
type fragment struct {
	keeping
	version string // of its text, and of those that it includes
}

// New returns the templates of a set, which were parsed with [Funcs] and have not
// been executed. They are copied: what is parsed into t later is not in the
// Set. It returns all that is wrong with how they use fragments: names that no
// template has, and places where no fragment can stand.
func New(t *template.Template, opts ...Option) (*Set, error) {
	original, err := t.Clone()
	if err != nil {
		return nil, fmt.Errorf("fragment: %w", err)
	}
	trees := treesOf(original)
	s := &Set{original: original, fragments: make(map[string]*fragment, len(trees))}
	for name := range trees {
		s.fragments[name] = &fragment{version: trees.version(name)}
	}
	if err := errors.Join(trees.check(), byName(opts, s.fragments)); err != nil {
		return nil, err
	}
	// What escaping finds wrong is only of interest where the calls are right.
	return s, trees.checkPlaces(original)
}

// Must is for the result of [New], as [template.Must] is for that of Parse: it
// panics if there is an error, which is a mistake in the templates.
func Must(s *Set, err error) *Set {
	if err != nil {
		panic(err)
	}
	return s
}

// Execute applies the template of this name to data, as
// [template.Template.ExecuteTemplate] does, with its fragments from the caches
// that [cache.From] finds in ctx. The page is written when it is whole: if a template
// fails, or a fragment depends on a value that cannot be one ([ErrVary]), nothing is
// written. An error of w is returned as it is.
//
// Data must not change until the fragments made from them are complete, which may be
// after Execute has returned because ctx ended.
func (s *Set) Execute(ctx context.Context, w io.Writer, name string, data any) error {
	e, err := s.edition()
	if err != nil {
		return err
	}
	defer s.putBack(e)
	if err := e.execute(ctx, name, data); err != nil {
		return err
	}
	_, err = w.Write(e.page.Bytes())
	return err
}

// Fragment returns a fragment as the function in the templates does: for a
// handler that answers with it alone, say. A name without a template is
// [ErrUnknown], and a value that cannot be one [ErrVary].
func (s *Set) Fragment(ctx context.Context, name string, data any, vary ...any) (template.HTML, error) {
	f, ok := s.fragments[name]
	if !ok {
		return "", unknown(name)
	}
	key, err := canonicalKey(f.keyPrefix, name, vary)
	if err != nil {
		return "", err
	}
	c := &call{set: s, name: name, data: data, key: key, version: f.version}
	return c.fill(ctx, cache.From(ctx, f.alias), f.timeout)
}

// Key is the package's [Key] with the [KeyPrefix] of the set. A name without a template is
// [ErrUnknown].
func (s *Set) Key(name string, vary ...any) (string, error) {
	f, ok := s.fragments[name]
	if !ok {
		return "", fmt.Errorf("fragment: %w", unknown(name))
	}
	return PrefixedKey(f.keyPrefix, name, vary...)
}

// Delete deletes a fragment from its cache, so that it is rendered again, and
// reports whether it was there. Errors are those of [Set.Key] and of the cache.
func (s *Set) Delete(ctx context.Context, name string, vary ...any) (deleted bool, err error) {
	key, err := s.Key(name, vary...)
	if err != nil {
		return false, err
	}
	return cache.From(ctx, s.fragments[name].alias).Delete(ctx, key)
}

// render applies a template to data, whole or not at all.
func (s *Set) render(ctx context.Context, name string, data any) (string, error) {
	e, err := s.edition()
	if err != nil {
		return "", err
	}
	defer s.putBack(e)
	if err := e.execute(ctx, name, data); err != nil {
		return "", err
	}
	return e.page.String(), nil
}

// edition is a copy of the templates for one execution at a time. Functions in
// templates are not told of the context, so each execution has its own.
type edition struct {
	templates *template.Template
	ctx       context.Context // of the execution
	page      bytes.Buffer    // what it has made so far
}

func (e *edition) execute(ctx context.Context, name string, data any) error {
	e.ctx = ctx
	defer func() { e.ctx = nil }()
	return e.templates.ExecuteTemplate(&e.page, name, data)
}

// maxKeptPage is how long a page may be whose memory is used again, in bytes.
const maxKeptPage = 64 << 10

// putBack lets the next execution have an edition.
func (s *Set) putBack(e *edition) {
	if e.page.Cap() > maxKeptPage {
		e.page = bytes.Buffer{}
	}
	e.page.Reset()
	s.editions.Put(e)
}

func (s *Set) edition() (*edition, error) {
	if e, ok := s.editions.Get().(*edition); ok {
		return e, nil
	}
	templates, err := s.original.Clone()
	if err != nil {
		return nil, fmt.Errorf("fragment: %w", err)
	}
	e := &edition{templates: templates}
	templates.Funcs(template.FuncMap{function: func(name string, data any, vary ...any) (template.HTML, error) {
		return s.Fragment(e.ctx, name, data, vary...)
	}})
	return e, nil
}
