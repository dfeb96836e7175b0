package filestore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

const tallyName = "tally"

// usage is an amount of entries and of their bytes.
type usage struct {
	entries, bytes int64
}

func (u usage) within(limit usage) bool {
	return u.entries <= limit.entries && u.bytes <= limit.bytes
}

// plus counts an entry of size bytes in.
func (u usage) plus(size int64) usage {
	return usage{entries: u.entries + 1, bytes: u.bytes + size}
}

// minus counts an entry of size bytes out; size is zero if there is none.
func (u usage) minus(size int64) usage {
	if size == 0 {
		return u
	}
	return usage{entries: u.entries - 1, bytes: u.bytes - size}
}

// tallyLen is two integers and a checksum.
const tallyLen = 8 + 8 + 4

func (u usage) encode() []byte {
	b := make([]byte, 0, tallyLen)
	b = binary.BigEndian.AppendUint64(b, uint64(u.entries))
	b = binary.BigEndian.AppendUint64(b, uint64(u.bytes))
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeTally reads what encode wrote, and reports whether it makes sense.
// Numbers below zero come of subtracting from a tally that was too low.
func decodeTally(b []byte) (usage, bool) {
	if len(b) != tallyLen || binary.BigEndian.Uint32(b[16:]) != crc32.Checksum(b[:16], castagnoli) {
		return usage{}, false
	}
	entries, bytes := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	if entries > math.MaxInt64 || bytes > math.MaxInt64 {
		return usage{}, false
	}
	return usage{entries: int64(entries), bytes: int64(bytes)}, true
}

// usage returns what the shard holds, from the tally if that can be trusted.
func (sh *shard) usage() (usage, error) {
	if sh.counted {
		b, err := readOwn(filepath.Join(sh.dir, tallyName))
		if u, ok := decodeTally(b); err == nil && ok {
			return u, nil
		}
	}
	return sh.scan(func(string, entry) {})
}

// record writes the tally in place: twenty bytes which only the holder of the
// lock reads, and a torn one is noticed.
func (sh *shard) record(u usage) error {
	f, err := openTally(filepath.Join(sh.dir, tallyName))
	if err != nil {
		return err
	}
	_, err = f.Write(u.encode())
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// openTally opens the tally at path for writing. What is there and is not the
// store's own, or has another name elsewhere, is replaced by a new file: writing
// to it would write to the other.
func openTally(path string) (*os.File, error) {
	f, info, err := openOwn(path, os.O_WRONLY)
	switch {
	case err == nil && !shared(info) && info.Size() <= tallyLen:
		return f, nil
	case err == nil:
		_ = f.Close()
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotOwn):
		return nil, err
	}
	return createOwn(path)
}
