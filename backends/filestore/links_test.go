//go:build unix

package filestore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// obstacles are what somebody may have put in the place of a file of the store.
// victim is a file elsewhere, which the store must not touch.
var obstacles = map[string]func(path, victim string) error{
	"link":          func(path, victim string) error { return os.Symlink(victim, path) },
	"relative link": linkRelatively,
	"dangling link": func(path, victim string) error { return os.Symlink(victim+"-that-is-not-there", path) },
	"hard link":     func(path, victim string) error { return os.Link(victim, path) },
	"pipe":          func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
}

func linkRelatively(path, victim string) error {
	to, err := filepath.Rel(filepath.Dir(path), victim)
	if err != nil {
		return err
	}
	return os.Symlink(to, path)
}

// Nothing is written through a link instead of a file, whatever file it is (CWE-59), and nothing
// waits for the other end of a pipe. The operations may fail or put a file of their own there.
func TestNothingIsWrittenThroughALink(t *testing.T) {
	for file, path := range map[string]func(shard, entry string) string{
		"tally":            func(shard, _ string) string { return filepath.Join(shard, "tally") },
		"lock of a shard":  func(shard, _ string) string { return filepath.Join(shard, "lock") },
		"entry":            func(_, entry string) string { return entry },
		"shard":            func(shard, _ string) string { return shard },
		"layout":           func(shard, _ string) string { return filepath.Join(filepath.Dir(shard), "larder-layout") },
		"lock of the root": func(shard, _ string) string { return filepath.Join(filepath.Dir(shard), "larder-lock") },
		"new layout":       func(shard, _ string) string { return filepath.Join(filepath.Dir(shard), "larder-layout.tmp") },
	} {
		for name, put := range obstacles {
			if file == "shard" && name == "hard link" {
				continue // directories have none
			}
			t.Run(file+"/"+name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "cache")
				set(t, open(t, dir, filestore.Options{MaxEntries: 10}), "k", "v")
				entry := onlyEntry(t, dir)
				outside := newOutside(t, file == "shard")
				place := path(filepath.Dir(entry), entry)
				if err := errors.Join(os.RemoveAll(place), put(place, outside.victim)); err != nil {
					t.Fatal(err)
				}
				if file == "new layout" || file == "lock of the root" {
					// They are written when there is no layout.
					if err := os.Remove(filepath.Join(dir, "larder-layout")); err != nil {
						t.Fatal(err)
					}
				}
				useAll(t, dir)
				outside.check(t)
			})
		}
	}
}

// outside is a directory with a file in it, or with another directory.
type outside struct{ dir, victim string }

const victimText = "what is longer than the twenty bytes of a tally, and worth something"

func newOutside(t *testing.T, isDir bool) outside {
	o := outside{dir: t.TempDir()}
	o.victim = filepath.Join(o.dir, "victim")
	if isDir {
		if err := os.Mkdir(o.victim, 0o700); err != nil {
			t.Fatal(err)
		}
		o.dir = o.victim
		writeFile(t, filepath.Join(o.victim, "tally"), []byte(victimText))
		return o
	}
	writeFile(t, o.victim, []byte(victimText))
	return o
}

// check fails if anything is not as newOutside left it.
func (o outside) check(t *testing.T) {
	t.Helper()
	files := allFiles(t, o.dir)
	if len(files) != 1 {
		t.Fatalf("outside of the store there are %q, want one file", files)
	}
	if got := string(readFile(t, files[0])); got != victimText {
		t.Errorf("%s is %q now", files[0], got)
	}
}

// useAll uses a store on dir in every way. All operations have to come to an
// end; whether they succeed does not matter.
func useAll(t *testing.T, dir string) {
	t.Helper()
	s, err := filestore.Open(dir, filestore.Options{MaxEntries: 10})
	if err != nil {
		t.Logf("Open: %v", err)
		return
	}
	defer func() { wantErr(t, "Shutdown", s.Shutdown(t.Context()), nil) }()
	ctx, key := t.Context(), []byte("k")
	for range 2 {
		logErr(t, "Get", get(t, s, key))
		_, err = s.Touch(ctx, key, time.Hour)
		logErr(t, "Touch", err)
		_, err = s.Incr(ctx, key, 1)
		logErr(t, "Incr", err)
		_, _, err = s.Add(ctx, key, []byte("v"), time.Hour)
		logErr(t, "Add", err)
		_, err = s.Inspect(ctx)
		logErr(t, "Inspect", err)
		logErr(t, "Set", s.Set(ctx, key, []byte("v"), time.Hour))
		_, _, err = s.Delete(ctx, key)
		logErr(t, "Delete", err)
		logErr(t, "Clear", s.Clear(ctx, driver.Namespace{}))
		logErr(t, "Set", s.Set(ctx, key, []byte("v"), time.Hour))
	}
}

func logErr(t *testing.T, operation string, err error) {
	t.Helper()
	if err != nil {
		t.Logf("%s: %v", operation, err)
	}
}

// A link instead of a tally or an entry is replaced: the tally can be made again from the entries,
// and an entry can be written again.
func TestALinkInsteadOfATallyOrAnEntryIsReplaced(t *testing.T) {
	for name, put := range obstacles {
		for _, what := range []string{"tally", "entry"} {
			if name == "hard link" && what == "entry" {
				continue // an entry is never written to
			}
			t.Run(what+"/"+name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "cache")
				s := open(t, dir, filestore.Options{MaxEntries: 10})
				set(t, s, "k", "v")
				place := onlyEntry(t, dir)
				if what == "tally" {
					place = filepath.Join(filepath.Dir(place), "tally")
				}
				victim := newOutside(t, false).victim
				if err := errors.Join(os.Remove(place), put(place, victim)); err != nil {
					t.Fatal(err)
				}
				if err := get(t, s, []byte("k")); what == "entry" && !errors.Is(err, driver.ErrCorrupt) {
					t.Errorf("Get of what is no entry: %v, want ErrCorrupt", err)
				}
				set(t, s, "k", "new")
				wantValue(t, s, "k", "new")
				if info, err := os.Lstat(place); err != nil || !info.Mode().IsRegular() {
					t.Errorf("in its place there is %v, %v, want a file of the store", info, err)
				}
				wantErr(t, "Audit", s.Audit(t.Context()), nil)
			})
		}
	}
}

// A link instead of a lock is an error that names it: two processes that replace a lock would each
// have one.
func TestALinkInsteadOfALockIsAnErrorThatNamesIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "k", "v")
	lock := filepath.Join(filepath.Dir(onlyEntry(t, dir)), "lock")
	if err := errors.Join(os.Remove(lock), os.Symlink(newOutside(t, false).victim, lock)); err != nil {
		t.Fatal(err)
	}
	err := overwrite(t, s, []byte("k"))
	if err == nil || !strings.Contains(err.Error(), lock) || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("error %v, want one that names %s and the cure", err, lock)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "new")
}

// A directory that others can write to is refused.
func TestADirectoryThatOthersCanWriteToIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o777, 0o770, 0o720, 0o702, 0o775, 0o777 | fs.ModeSticky} {
		dir := filepath.Join(t.TempDir(), "cache")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
		_, err := filestore.Open(dir, filestore.Options{})
		wantRefused(t, err, dir, mode)
		if files := allFiles(t, dir); len(files) != 0 {
			t.Errorf("mode %v: refused, and %q are in it", mode, files)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		set(t, open(t, dir, filestore.Options{}), "k", "v")
	}
}

func wantRefused(t *testing.T, err error, dir string, mode fs.FileMode) {
	t.Helper()
	if err == nil {
		t.Errorf("a directory of mode %v is used", mode)
		return
	}
	for _, part := range []string{dir, "chmod 0700 " + dir} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("mode %v: the error %q does not say %q", mode, err, part)
		}
	}
}

// A directory that others can only read is used, since the files in it are for their owner alone.
func TestADirectoryThatOthersCanReadIsUsed(t *testing.T) {
	for _, mode := range []fs.FileMode{0o755, 0o750, 0o711} {
		dir := filepath.Join(t.TempDir(), "cache")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
		set(t, open(t, dir, filestore.Options{}), "k", "v")
	}
}

// A directory that is created again with write access for others is refused.
func TestADirectoryThatIsMadeAgainForOthersIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	s := open(t, dir, filestore.Options{})
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, overwrite(t, s, []byte("k")), dir, 0o777)
}

// A directory of another user is refused.
func TestADirectoryOfAnotherUserIsRefused(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := filestore.Problem(dir, info, os.Geteuid()); err != nil {
		t.Errorf("one's own directory: %v", err)
	}
	err = filestore.Problem(dir, info, os.Geteuid()+1)
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "another user") {
		t.Errorf("error %v, want one that names %s and says that it is another user's", err, dir)
	}
}

// The location itself may be a link: that is how a cache is moved to another disk.
func TestTheLocationMayBeALink(t *testing.T) {
	there := filepath.Join(t.TempDir(), "cache")
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Mkdir(there, 0o700), os.Symlink(there, link)); err != nil {
		t.Fatal(err)
	}
	s := open(t, link, filestore.Options{})
	set(t, s, "k", "v")
	wantValue(t, s, "k", "v")
	onlyEntry(t, there)
}

// A link of another user is refused as the location.
func TestALinkOfAnotherUserIsRefusedAsTheLocation(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	other := os.Geteuid() + 1
	if os.Geteuid() == 0 {
		// What belongs to root is trusted by everyone.
		if err := os.Lchown(link, other, -1); err != nil {
			t.Fatal(err)
		}
		other++
	}
	info, err := os.Lstat(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := filestore.LinkProblem(link, info, other); err == nil || !strings.Contains(err.Error(), link) {
		t.Errorf("error %v, want one that names %s", err, link)
	}
}
