package filestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// errNotOwn reports something in the place of a file of the store that the
// store has not put there: a symbolic link, a pipe or device, or a file of
// another user. It is neither read nor written.
var errNotOwn = errors.New("not a file of this store, but a link, a special file, or a file of another user: remove it")

// openOwn opens a file of the store, and never what a link leads to (CWE-59).
// It returns an error that matches fs.ErrNotExist if there is nothing at path,
// errNotOwn, or the error of the file system. A directory is opened, so that
// reading and writing fail as they do for a directory.
func openOwn(path string, flag int) (*os.File, fs.FileInfo, error) {
	if err := refuseLink(path); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, flag|openFlags, 0o600)
	if err != nil {
		return nil, nil, explain(path, err)
	}
	info, err := f.Stat()
	if err == nil && !isOwn(info) && !info.IsDir() {
		err = notOwn(path)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// createOwn makes a new file at path for writing, instead of what is there.
func createOwn(path string) (*os.File, error) {
	if err := remove(path); err != nil {
		return nil, err
	}
	// With O_EXCL, a link is not followed.
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// readOwn reads a file of the store, as openOwn opens it.
func readOwn(path string) ([]byte, error) {
	f, _, err := openOwn(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

// explain returns errNotOwn instead of err, for which systems have various
// names, if path could not be opened because it is a link or a special file.
func explain(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info, statErr := os.Lstat(path)
	if statErr == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return notOwn(path)
	}
	return err
}

func notOwn(path string) error { return fmt.Errorf("filestore: %s: %w", path, errNotOwn) }

// isOwn reports whether info is of a file as the store makes them.
func isOwn(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && ownedBy(info, user())
}

// othersWrite are the modes that let others than the owner create, replace and
// remove files. The sticky bit does not help: it forbids only the removing.
const othersWrite fs.FileMode = 0o022

// checkDir makes sure that nobody but the user of this program can write to the
// directory at path. What others can write to, they can fill with entries of
// theirs. The path may be a link, by which a cache is moved to another disk.
func checkDir(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if err := linkProblem(path, info, user()); err != nil {
			return err
		}
		if info, err = os.Stat(path); err != nil {
			return err
		}
	}
	return problem(path, info, user())
}

// linkProblem is the problem of a link to the directory: only the user of the
// program and the administrator decide where the cache is.
func linkProblem(path string, link fs.FileInfo, uid int) error {
	const root = 0
	if ownedBy(link, uid) || ownedBy(link, root) {
		return nil
	}
	return fmt.Errorf("filestore: %s is a link of another user (%s): remove it, or name the directory that it leads to", path, owner(link))
}

// problem returns what is wrong with the directory at path for a program that
// runs as the user uid.
func problem(path string, info fs.FileInfo, uid int) error {
	switch {
	case !info.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	case !ownedBy(info, uid):
		return fmt.Errorf("filestore: %s belongs to another user (%s) than the one that runs this program (uid %d), who could put entries there: run it as that user, or name a directory that does not exist yet",
			path, owner(info), uid)
	case modesCount && info.Mode().Perm()&othersWrite != 0:
		return fmt.Errorf("filestore: %s has mode %04o, so others than its owner can put entries there: chmod 0700 %s, or name a directory in it that does not exist yet",
			path, info.Mode().Perm(), path)
	}
	return nil
}

// checkShard is checkDir for a directory that the store has made itself, which
// must not be a link.
func checkShard(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return notOwn(path)
	}
	return problem(path, info, user())
}
