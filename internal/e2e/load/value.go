package load

import (
	"bytes"
	"fmt"
)

// makeValue returns the seq-th value of key: a head that names both, repeated up
// to a length that depends on seq. So a value that was cut, or made of two, is
// none.
func makeValue(key string, seq, longest int) []byte {
	head := fmt.Appendf(nil, "%s#%d;", key, seq)
	size := max(len(head), longest/4+seq*37%(longest-longest/4+1))
	return bytes.Repeat(head, size/len(head)+1)[:size]
}

// readValue returns the sequence number of a value of key, or an error that says
// what it is instead.
func readValue(key string, value []byte, longest int) (seq int, err error) {
	rest, ours := bytes.CutPrefix(value, []byte(key+"#"))
	if !ours {
		return 0, fmt.Errorf("a value that is not the key's: %.60q", value)
	}
	if _, err := fmt.Sscanf(string(rest[:min(len(rest), 20)]), "%d;", &seq); err != nil {
		return 0, fmt.Errorf("a value without a sequence number: %.60q", value)
	}
	if seq < 1 || !bytes.Equal(value, makeValue(key, seq, longest)) {
		return 0, fmt.Errorf("a damaged value of %d bytes: %.60q", len(value), value)
	}
	return seq, nil
}
