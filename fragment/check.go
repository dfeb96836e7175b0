package fragment

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"text/template/parse"
)

// check returns all calls of fragments that cannot be right.
func (ts trees) check() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(ts)) {
		tree := ts[name]
		byThemselves := make(map[*parse.CommandNode]bool)
		walk(tree.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.ActionNode:
				if len(n.Pipe.Cmds) == 1 && len(n.Pipe.Decl) == 0 {
					byThemselves[n.Pipe.Cmds[0]] = true
				}
			case *parse.CommandNode:
				if !isCall(n) {
					return
				}
				if err := ts.checkCall(n, byThemselves[n]); err != nil {
					errs = append(errs, located(tree, n, err))
				}
			}
		})
	}
	return errors.Join(errs...)
}

func (ts trees) checkCall(n *parse.CommandNode, byItself bool) error {
	if len(n.Args) < 3 {
		return errors.New("a fragment needs a name and data, which may be nil")
	}
	if name, ok := calledName(n); ok && ts[name] == nil {
		return unknown(name)
	}
	if !byItself {
		return errors.New("a fragment has to be an action of its own")
	}
	return nil
}

// located says where in the templates the error is.
func located(tree *parse.Tree, n parse.Node, err error) error {
	where, what := tree.ErrorContext(n)
	return fmt.Errorf("fragment: %s: {{%s}}: %w", where, what, err)
}

// errPlace is the error of a fragment that html/template would escape again,
// or leave out.
var errPlace = errors.New("a fragment cannot stand in a tag, an attribute, a script, a style, a title or a comment")

// checkPlaces returns the calls that stand where no fragment can. html/template
// knows the places, and tells by what it escapes a call with: once it has escaped
// the templates, it is in their trees.
func (ts trees) checkPlaces(original *template.Template) error {
	const probe = "larder: a call in the text of a page"
	text, err := template.New(probe).Funcs(Funcs()).Parse(`{{fragment "" nil}}`)
	if err != nil {
		return err
	}
	inText, err := escapersOf(text, probe)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(ts)) {
		if !ts.hasCall(name) {
			continue
		}
		escapers, err := escapersOf(original, name)
		if err != nil {
			return err
		}
		for _, e := range escapers {
			if e.names != inText[0].names {
				errs = append(errs, located(ts[name], e.call, errPlace))
			}
		}
	}
	return errors.Join(errs...)
}

func (ts trees) hasCall(name string) (has bool) {
	walk(ts[name].Root, func(n parse.Node) {
		if command, ok := n.(*parse.CommandNode); ok {
			has = has || isCall(command)
		}
	})
	return has
}

// escaped is a call and what html/template escapes it with.
type escaped struct {
	call  *parse.CommandNode
	names string
}

// escapersOf returns the calls of a template that begins in the text of a page.
// One that cannot be
// escaped there, being a part of something else, has none.
func escapersOf(t *template.Template, name string) ([]escaped, error) {
	const root, stop = "larder: root", "larder_stop"
	t, err := t.Clone()
	if err != nil {
		return nil, err
	}
	t.Funcs(template.FuncMap{stop: func() (string, error) { return "", errors.New("nothing is executed") }})
	page, err := t.New(root).Delims("{{", "}}").Parse(fmt.Sprintf("{{%s}}{{template %q nil}}", stop, name))
	if err != nil {
		return nil, err
	}
	var wrong *template.Error
	if err := page.Execute(io.Discard, nil); errors.As(err, &wrong) { // it escapes, and then stops
		return nil, nil
	}
	var calls []escaped
	walk(t.Lookup(name).Tree.Root, func(n parse.Node) {
		if action, ok := n.(*parse.ActionNode); ok && isCall(action.Pipe.Cmds[0]) {
			calls = append(calls, escaped{action.Pipe.Cmds[0], fmt.Sprint(action.Pipe.Cmds[1:])})
		}
	})
	return calls, nil
}
