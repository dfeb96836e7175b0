package fragment

import (
	"html/template"
	"maps"
	"slices"
	"text/template/parse"

	"github.com/larder-go/larder/internal/keys"
)

// trees are the templates of a set as they were parsed, by name.
type trees map[string]*parse.Tree

func treesOf(t *template.Template) trees {
	all := make(trees)
	for _, template := range t.Templates() {
		if template.Tree != nil {
			all[template.Name()] = template.Tree
		}
	}
	return all
}

// version returns a hash of the text of a template and of all that it includes.
func (ts trees) version(name string) string {
	included := make(map[string]bool)
	ts.include(name, included)
	var canonical []byte
	for _, name := range slices.Sorted(maps.Keys(included)) {
		canonical = keys.AppendPart(canonical, name)
		canonical = keys.AppendPart(canonical, ts[name].Root.String())
	}
	return string(keys.AppendHash(nil, canonical))
}

// include adds a template to those that are included, and all that it includes
// itself.
func (ts trees) include(name string, included map[string]bool) {
	tree, ok := ts[name]
	if !ok || included[name] {
		return
	}
	included[name] = true
	walk(tree.Root, func(n parse.Node) {
		switch n := n.(type) {
		case *parse.TemplateNode:
			ts.include(n.Name, included)
		case *parse.CommandNode:
			if !isCall(n) {
				return
			}
			if name, ok := calledName(n); ok {
				ts.include(name, included)
				return
			}
			for name := range ts { // it may be any of them
				ts.include(name, included)
			}
		}
	})
}

// isCall reports whether a command calls the function "fragment".
func isCall(n *parse.CommandNode) bool {
	if len(n.Args) == 0 {
		return false
	}
	identifier, ok := n.Args[0].(*parse.IdentifierNode)
	return ok && identifier.Ident == function
}

// calledName returns the name of the fragment that is called, unless it is
// computed.
func calledName(n *parse.CommandNode) (name string, ok bool) {
	if len(n.Args) < 2 {
		return "", false
	}
	text, ok := n.Args[1].(*parse.StringNode)
	if !ok {
		return "", false
	}
	return text.Text, true
}

// walk visits a node and then all within it.
func walk(n parse.Node, visit func(parse.Node)) {
	visit(n)
	switch n := n.(type) {
	case *parse.ListNode:
		walkAll(n.Nodes, visit)
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.IfNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	case *parse.PipeNode:
		walkAll(n.Cmds, visit)
	case *parse.CommandNode:
		walkAll(n.Args, visit)
	case *parse.ChainNode:
		walk(n.Node, visit)
	}
}

func walkAll[N parse.Node](nodes []N, visit func(parse.Node)) {
	for _, n := range nodes {
		walk(n, visit)
	}
}

func walkBranch(n *parse.BranchNode, visit func(parse.Node)) {
	walk(n.Pipe, visit)
	walk(n.List, visit)
	if n.ElseList != nil {
		walk(n.ElseList, visit)
	}
}
