package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/larder-go/larder/cache"
)

// Report is about a whole source tree.
type Report struct {
	Packages  []Package           // in order of their paths
	Importers map[string][]string // the packages that import a package, by path

	Files, Lines int
}

// library makes the report, with two caches: the report is quick to make from
// parsed packages, and parsing one takes long.
type library struct {
	root     string
	id       string // of root, for keys
	reports  cache.View[Report]
	packages cache.View[Package]
}

func newLibrary(root string, caches *cache.Handler) *library {
	return &library{
		root:    root,
		id:      fmt.Sprintf("%x", sha256.Sum256([]byte(root))),
		reports: cache.For[Report](caches.Proxy("report"), cache.After(time.Minute)),
		// A full disk is no reason to have no report.
		packages: cache.For[Package](caches.Proxy("packages"), cache.FailOpen),
	}
}

// report returns the report from the cache, or makes it. Of all who ask at the
// same time, one does.
func (l *library) report(ctx context.Context) (Report, error) {
	return l.reports.GetOrSet(ctx, "report:"+l.id, l.makeReport)
}

// makeReport has the packages that are not in the cache parsed, many at once.
func (l *library) makeReport(ctx context.Context) (Report, error) {
	sources, err := listSources(l.root)
	if err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // if one fails, the others need not go on
	futures := make([]*cache.Future[Package], len(sources))
	for i, src := range sources {
		futures[i] = l.packages.Async().GetOrSet(ctx, src.key, src.parse)
	}
	report := Report{Importers: make(map[string][]string)}
	for _, future := range futures {
		p, err := future.Await(ctx)
		if err != nil {
			return Report{}, err
		}
		report.add(p)
	}
	report.link()
	return report, nil
}

func (r *Report) add(p Package) {
	if len(p.Files) == 0 {
		return // only generators
	}
	r.Packages = append(r.Packages, p)
	r.Files += len(p.Files)
	r.Lines += p.Lines
}

// link records who imports whom.
func (r *Report) link() {
	for _, p := range r.Packages {
		for _, imported := range p.Imports {
			if target, ok := r.resolve(p, imported); ok {
				r.Importers[target] = append(r.Importers[target], p.Path)
			}
		}
	}
}

// find returns the package with a path.
func (r *Report) find(path string) (Package, bool) {
	i, ok := slices.BinarySearchFunc(r.Packages, path, func(p Package, path string) int {
		return cmp.Compare(p.Path, path)
	})
	if !ok {
		return Package{}, false
	}
	return r.Packages[i], true
}

// resolve returns the path of the package that an import of p stands for: one
// of the tree, or a copy that is vendored in it.
func (r *Report) resolve(p Package, imported string) (string, bool) {
	for _, path := range []string{imported, p.tree() + "vendor/" + imported} {
		if _, ok := r.find(path); ok {
			return path, true
		}
	}
	return "", false
}
