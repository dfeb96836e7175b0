package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

var queryModes = map[string]pgx.QueryExecMode{
	"cache_statement": pgx.QueryExecModeCacheStatement,
	"cache_describe":  pgx.QueryExecModeCacheDescribe,
	"exec":            pgx.QueryExecModeExec,
	"simple_protocol": pgx.QueryExecModeSimpleProtocol,
}

var queryModeNames = []string{"cache_statement", "cache_describe", "exec", "simple_protocol"}

// describeExec is the name of the mode that errDescribeExec is about.
const describeExec = "describe_exec"

// errDescribeExec refuses a mode that prepares the unnamed statement in one round trip
// and runs it in the next. A proxy may send the two to different servers, and what then
// runs is whatever another client has prepared there: a look-up may become a deletion.
var errDescribeExec = errors.New("query mode describe_exec runs other statements than its own behind a proxy such as PgBouncer in transaction mode: use exec or cache_describe")

// readQueryMode reads the option query_mode.
func readQueryMode(r *driver.OptionReader) pgx.QueryExecMode {
	if r.Value("query_mode") == describeExec {
		return pgx.QueryExecModeDescribeExec // which PoolOptions.check refuses
	}
	return queryModes[r.String("query_mode", queryModeNames[0], queryModeNames...)]
}

// checkQueryMode refuses what is no mode, and the one that is not safe everywhere.
func checkQueryMode(mode pgx.QueryExecMode) error {
	switch {
	case mode < 0 || mode > pgx.QueryExecModeSimpleProtocol:
		return fmt.Errorf("pgstore: Pool.QueryMode is %d: it must be a mode of pgx", mode)
	case mode == pgx.QueryExecModeDescribeExec:
		return fmt.Errorf("pgstore: %w", errDescribeExec)
	}
	return nil
}
