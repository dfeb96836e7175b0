package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query is what the address of the overview asks for.
type query struct {
	Sort column
	Top  int
}

const (
	defaultSort = "lines"
	defaultTop  = 50
	maxTop      = 5000
)

// column is a number that the overview shows of each package and sorts by.
type column struct {
	Name  string // in the query
	Title string
	of    func(*Report, Package) int
}

var columns = []column{
	{"files", "Files", func(_ *Report, p Package) int { return len(p.Files) }},
	{"lines", "Lines", func(_ *Report, p Package) int { return p.Lines }},
	{"imports", "Imports", func(_ *Report, p Package) int { return len(p.Imports) }},
	{"importers", "Imported by", func(r *Report, p Package) int { return len(r.Importers[p.Path]) }},
}

// parseQuery reads a raw query. Its errors are for the visitor.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, fmt.Errorf("malformed query: %w", err)
	}
	for name, given := range values {
		if len(given) > 1 {
			return query{}, fmt.Errorf("%q is given %d times", name, len(given))
		}
	}
	var q query
	if q.Sort, err = parseSort(values); err != nil {
		return query{}, err
	}
	q.Top, err = parseTop(values)
	return q, err
}

func parseSort(values url.Values) (column, error) {
	name := defaultSort
	if values.Has("sort") {
		name = values.Get("sort")
	}
	var names []string
	for _, c := range columns {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return column{}, fmt.Errorf("sort is %q and must be one of %s", name, strings.Join(names, ", "))
}

func parseTop(values url.Values) (int, error) {
	if !values.Has("top") {
		return defaultTop, nil
	}
	top, err := strconv.Atoi(values.Get("top"))
	if err != nil || top < 1 || top > maxTop {
		return 0, fmt.Errorf("top is %q and must be a number from 1 to %d", values.Get("top"), maxTop)
	}
	return top, nil
}

// top returns the packages that a query asks for.
func (r *Report) top(q query) []Package {
	sorted := slices.Clone(r.Packages)
	slices.SortStableFunc(sorted, func(a, b Package) int { return q.Sort.of(r, b) - q.Sort.of(r, a) })
	return sorted[:min(q.Top, len(sorted))]
}
