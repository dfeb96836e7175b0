package pgstore

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// minVersion is the oldest major version of PostgreSQL that is supported: the
// oldest that its makers still maintain, and that the tests run on.
const minVersion = 15

// versionCheck looks at the version of the server once. Later connections may
// lead to another server, but seldom to an older one.
type versionCheck struct {
	passed atomic.Bool
}

// check returns an error if the server is too old. It sends nothing: a server
// tells its version when a connection begins.
func (v *versionCheck) check(conn *pgx.Conn, t *target) error {
	if v.passed.Load() {
		return nil
	}
	text := conn.PgConn().ParameterStatus("server_version")
	if major, ok := majorVersion(text); ok && major < minVersion {
		return fmt.Errorf("PostgreSQL at %s is version %s: pgstore needs %d or later", t.server, text, minVersion)
	}
	v.passed.Store(true)
	return nil
}

// majorVersion reads the first number of texts such as "15.18 (Debian ...)"
// and "18beta1". A proxy may tell no version, or one that is not a number.
func majorVersion(text string) (int, bool) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	major, err := strconv.Atoi(text[:digits])
	return major, err == nil
}
