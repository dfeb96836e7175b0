package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// findRoot returns the directory of the Go installation: the one given, or
// that of the go command, which a program cannot know by itself.
func findRoot(ctx context.Context, given string) (string, error) {
	root := given
	if root == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return "", fmt.Errorf("cannot find the Go installation, name it with -root: %w", err)
		}
		root = strings.TrimSpace(string(out))
	}
	if _, err := os.Stat(filepath.Join(root, "src")); err != nil {
		return "", fmt.Errorf("this is not a Go installation with its source, name one with -root: %w", err)
	}
	return filepath.Abs(root)
}

// source is a package that has been found and not read.
type source struct {
	path  string   // the import path
	dir   string   // where it is
	files []string // the names of its files, without tests
	key   string   // for the cache
}

// listSources finds the packages under root/src, in order of their paths.
func listSources(root string) ([]source, error) {
	src := filepath.Join(root, "src")
	files := make(map[string][]fs.FileInfo)
	err := fs.WalkDir(os.DirFS(src), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && isNoPackage(d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		info, err := d.Info()
		if err == nil {
			files[path.Dir(name)] = append(files[path.Dir(name)], info)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = errors.New("there are no Go files")
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", src, err)
	}
	var sources []source
	for _, importPath := range slices.Sorted(maps.Keys(files)) {
		sources = append(sources, newSource(src, importPath, files[importPath]))
	}
	return sources, nil
}

// isNoPackage reports whether the go command, too, passes a directory over.
func isNoPackage(name string) bool {
	return name == "testdata" || name != "." && strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// newSource makes the key of what is parsed from a package out of all that it
// depends on: the files as they are and the version of the parser. So nothing
// ever has to be invalidated; what nobody asks for any more is culled.
func newSource(src, importPath string, files []fs.FileInfo) source {
	s := source{path: importPath, dir: filepath.Join(src, filepath.FromSlash(importPath))}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q\n", runtime.Version(), s.dir)
	for _, f := range files {
		s.files = append(s.files, f.Name())
		fmt.Fprintf(hash, "%q %d %d\n", f.Name(), f.Size(), f.ModTime().UnixNano())
	}
	s.key = fmt.Sprintf("package:%x", hash.Sum(nil))
	return s
}
