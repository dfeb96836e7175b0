package redisstore

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// script is a Lua script. The server knows it by its hash after it
// has seen it once.
type script struct{ source, hash string }

func newScript(source string) script {
	sum := sha1.Sum([]byte(source))
	return script{source, hex.EncodeToString(sum[:])}
}

// The scripts do in one atomic step what takes several commands. Each begins
// with a read, so that an entry that is no string is an error before anything
// is changed. A ttl of "0" stands for none.
var (
	// touchScript returns the head, or nil for a missing key: PERSIST alone
	// would not tell a missing key from one that never expires.
	touchScript = newScript(`
local head = redis.call('GETRANGE', KEYS[1], 0, ` + strconv.Itoa(driver.HeadSize-1) + `)
if head == '' and redis.call('EXISTS', KEYS[1]) == 0 then return false end
if ARGV[1] == '0' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return head`)

	// incrScript returns the sum as the server's own text, because a number of
	// Lua is a double and exact only to 2^53.
	incrScript = newScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
redis.call('INCRBY', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])`)

	// replaceScript returns whether it replaced. A ttl of "-1" says that the
	// new value may not be stored, so that the old one only goes.
	replaceScript = newScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end` + replace)

	// replaceHeadScript is replaceScript for the head of the old value.
	replaceHeadScript = newScript(`
if redis.call('GETRANGE', KEYS[1], 0, ` + strconv.Itoa(driver.HeadSize-1) + `) ~= ARGV[1] then return 0 end` + replace)
)

const replace = `
if ARGV[3] == '-1' then
  redis.call('UNLINK', KEYS[1])
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1`

// command returns the command that runs the script on one key, the first of args: by its
// hash, or by its source on a server that has not seen it.
func (s script) command(ctx context.Context, bySource bool, args ...any) *redis.StringCmd {
	return redis.NewStringCmd(ctx, append(s.call(bySource, 1, len(args)), args...)...)
}

// commandOn is command for a script on several keys.
func (s script) commandOn(ctx context.Context, bySource bool, keys [][]byte, args ...any) *redis.StringCmd {
	call := s.call(bySource, len(keys), len(keys)+len(args))
	for i := range keys {
		call = append(call, (*argument)(&keys[i]))
	}
	return redis.NewStringCmd(ctx, append(call, args...)...)
}

// call returns the beginning of a command: which script, and on how many keys. There is
// room for as many arguments more.
func (s script) call(bySource bool, keys, room int) []any {
	name, text := "evalsha", s.hash
	if bySource {
		name, text = "eval", s.source
	}
	return append(make([]any, 0, 3+room), name, text, keys)
}

// milliseconds returns ttl in the server's unit, rounded up, and 0 for Never.
func milliseconds(ttl time.Duration) int64 {
	if ttl == driver.Never {
		return 0
	}
	ms := int64(ttl / time.Millisecond)
	if ttl%time.Millisecond > 0 {
		ms++
	}
	return ms
}
