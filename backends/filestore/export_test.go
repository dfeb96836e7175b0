package filestore

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Audit looks at every shard under its lock, which makes the look a snapshot,
// and reports a shard that holds more than its share or than its tally says.
func (s *Store) Audit(ctx context.Context) error {
	for _, sh := range s.layout.Load().shards {
		if _, err := os.Stat(sh.dir); err != nil {
			continue // never written to
		}
		if err := sh.locked(ctx, sh.audit); err != nil {
			return err
		}
	}
	return nil
}

func (sh *shard) audit() error {
	files, err := os.ReadDir(sh.dir)
	if err != nil {
		return err
	}
	var held usage
	for _, file := range files {
		if !isEntryName(file.Name()) {
			continue
		}
		info, err := file.Info()
		if err != nil {
			return err
		}
		held = held.plus(info.Size())
	}
	if !held.within(sh.limit) {
		return fmt.Errorf("%s holds %+v, its share is %+v", sh.dir, held, sh.limit)
	}
	b, err := os.ReadFile(filepath.Join(sh.dir, tallyName))
	if err != nil && held == (usage{}) {
		return nil // killed before its first entry
	}
	if tally, ok := decodeTally(b); !ok || !held.within(tally) {
		return fmt.Errorf("%s holds %+v, its tally is %+v (valid: %t)", sh.dir, held, tally, ok)
	}
	return nil
}

// LinkProblem returns what is wrong with a link to the directory for a program
// of the user uid.
func LinkProblem(path string, link fs.FileInfo, uid int) error { return linkProblem(path, link, uid) }

// Problem returns what is wrong with a directory for a program of the user uid.
func Problem(path string, info fs.FileInfo, uid int) error { return problem(path, info, uid) }
