package filestore

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/larder-go/larder/cache/driver"
)

// extent says how much of a value an operation needs.
type extent bool

const (
	headOnly extent = false
	whole    extent = true
)

// firstRead is enough for the head of nearly every entry, and for all of a
// small one.
const firstRead = 1024

// readEntry reads the entry in the file at path. It returns driver.ErrNotFound
// if there is no file, errDamaged, errForeign (also for what is not a file of
// the store), or the error of the file system.
func readEntry(path string, part extent) (entry, error) {
	f, info, err := openOwn(path, os.O_RDONLY)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return entry{}, driver.ErrNotFound
	case errors.Is(err, errNotOwn):
		return entry{}, errForeign
	case err != nil:
		return entry{}, err
	}
	defer f.Close()
	return decode(f, info.Size(), part)
}

// decode reads an entry from r, which has size bytes. It allocates for more
// than firstRead only when the header agrees with size.
func decode(r io.Reader, size int64, part extent) (entry, error) {
	b, err := readTo(r, nil, min(size, firstRead))
	if err != nil {
		return entry{}, err
	}
	h, err := parseHeader(b, size)
	if err != nil {
		return entry{}, err
	}
	need := h.headEnd()
	if part == whole {
		need = size
	}
	if b, err = readTo(r, b, need); err != nil {
		return entry{}, err
	}
	return h.entry(b)
}

// readTo reads from r until there are n bytes, of which b are the first.
func readTo(r io.Reader, b []byte, n int64) ([]byte, error) {
	read := len(b)
	if int64(read) >= n {
		return b, nil
	}
	b = append(make([]byte, 0, n), b...)[:n]
	_, err := io.ReadFull(r, b[read:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errDamaged // shorter than it was a moment ago
	}
	return b, err
}

// writeTemp writes e to a temporary file in dir and returns its path, or
// leaves no file.
func writeTemp(dir string, e entry) (path string, err error) {
	f, err := os.CreateTemp(dir, tempPrefix+"*") // with mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(e.appendHeader(nil))
	if err == nil {
		_, err = f.Write(e.value)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error of the write is the one that matters
		return "", err
	}
	return f.Name(), nil
}

// remove removes a file; one that is gone already is no error.
func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
