package pages

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// text is what a body says of itself.
type text struct {
	path    string
	whom    string // for whom it was made
	version int64
}

// body returns the body of the text: a head that names everything, repeated up to
// a length that depends on the URL. So a body that was cut, or made of two, is
// none.
func (t text) body(longest int) []byte {
	head := fmt.Appendf(nil, "%s|%s|%d\n", t.path, t.whom, t.version)
	size := max(len(head), int(crc32.ChecksumIEEE([]byte(t.path)))%longest)
	return bytes.Repeat(head, size/len(head)+1)[:size]
}

// tag returns the entity tag of the text.
func (t text) tag() string {
	return fmt.Sprintf(`"%08x-%d"`, crc32.ChecksumIEEE([]byte(t.path+"|"+t.whom)), t.version)
}

// tagged returns the version that an entity tag of the text has, whatever it is.
func (t text) tagged(tag string) (version int64, err error) {
	_, number, _ := strings.Cut(strings.Trim(tag, `"`), "-")
	t.version, err = strconv.ParseInt(number, 10, 64)
	if err != nil || tag != t.tag() {
		return 0, fmt.Errorf("%s is no entity tag of %s for %s", tag, t.path, t.whom)
	}
	return t.version, nil
}

// read returns the version of a body of the text, whatever it is, or an error that
// says what the body is instead.
func (t text) read(body []byte, longest int) (version int64, err error) {
	head, _, _ := bytes.Cut(body, []byte("\n"))
	rest, ours := strings.CutPrefix(string(head), t.path+"|"+t.whom+"|")
	if !ours {
		return 0, fmt.Errorf("%s for %s got %.100q", t.path, t.whom, body)
	}
	t.version, err = strconv.ParseInt(rest, 10, 64)
	if err != nil || !bytes.Equal(body, t.body(longest)) {
		return 0, fmt.Errorf("%s for %s got a damaged body of %d bytes: %.100q", t.path, t.whom, len(body), body)
	}
	return t.version, nil
}
