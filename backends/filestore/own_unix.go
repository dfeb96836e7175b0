//go:build unix

package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openFlags refuse a symbolic link as the last element of a path, and do not
// wait for the other end of a pipe.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// refuseLink has nothing to do where openFlags refuse links.
func refuseLink(string) error { return nil }

// modesCount says whether the mode of a directory tells who can write to it.
const modesCount = true

// user is who runs this program.
func user() int { return os.Geteuid() }

func ownedBy(info fs.FileInfo, uid int) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(uid)
}

// owner tells whose the file is.
func owner(info fs.FileInfo) string {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("uid %d", stat.Uid)
	}
	return "unknown"
}

// shared reports whether a file has another name, a hard link.
func shared(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Nlink > 1
}
