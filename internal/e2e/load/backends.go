package load

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/memcachestore"
)

// RedisErrors names what a Redis server answers while it starts, or changes its
// role, and the time-out of the client's pool. It is for [Options].Kind.
func RedisErrors(err error) string {
	if errors.Is(err, redis.ErrPoolTimeout) {
		return TimedOut
	}
	for _, reply := range []string{"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN"} {
		if redis.HasErrorPrefix(err, reply) {
			return reply
		}
	}
	return ""
}

// MemcachedErrors names the errors of memcachestore that are none of the network.
// It is for [Options].Kind.
func MemcachedErrors(err error) string {
	var failure *memcachestore.ServerError
	if errors.As(err, &failure) {
		return "ServerError"
	}
	return ""
}

// PostgresErrors names the errors of pgstore that are none of the network: those
// with which the server, or PgBouncer before it, ends a session or refuses one.
// They are of the classes 08, connection exception, and 57, operator
// intervention, of appendix A of PostgreSQL's manual. It is for [Options].Kind.
func PostgresErrors(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) && (strings.HasPrefix(answer.Code, "08") || strings.HasPrefix(answer.Code, "57")) {
		return "SQLSTATE " + answer.Code
	}
	return ""
}
