package redisstore

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// invalidateScript changes the records KEYS[2] and so on as [driver.Invalidation.Record]
// says. ARGV[1] is the new version, and ARGV[2] is "1" for a soft invalidation. The count
// under KEYS[1] has at most 15 digits, so that a number of Lua, which is a double, is exact.
//
// What is stored keeps its expiry by PTTL: the option KEEPTTL of SET needs Redis 6.
var invalidateScript = newScript(`
local function keep(key, value)
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('SET', key, value)
  else
    redis.call('SET', key, value, 'PX', math.max(left, 1))
  end
end

local old = {}
for i, key in ipairs(KEYS) do old[i] = redis.call('GET', key) end

local count = ''
if old[1] then
  local making, number = string.match(old[1], '^(` + strings.Repeat("%x", driver.VersionSize) + `:)(%d+)$')
  if not making then making, number = '', string.match(old[1], '^%d+$') end
  if not number or #number > 15 then
    return redis.error_reply('ERR value is not an integer or out of range')
  end
  count = making .. string.format('%.0f', number + 1)
  keep(KEYS[1], count)
end

for i = 2, #KEYS do
  if old[i] then
    local first = ARGV[1]
    if ARGV[2] == '1' and #old[i] >= ` + strconv.Itoa(2*driver.VersionSize) + ` then
      first = string.sub(old[i], 1, ` + strconv.Itoa(driver.VersionSize) + `)
    end
    keep(KEYS[i], first .. ARGV[1] .. count)
  end
end
return 1`)

// Invalidate implements [driver.Invalidator] by a script. The client does not send it again
// where the connection broke: a first copy that arrives after a later invalidation would bring
// back the version of before that. On a cluster all keys have to be in one slot, as
// the reserved keys of one hash tag are: an error that matches driver.ErrUnsupported says
// where the prefix of the alias does not let them.
func (s *Store) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	keys := append(make([][]byte, 0, 1+len(inv.Records)), inv.Count)
	keys = append(keys, inv.Records...)
	err := s.invalidate(ctx, keys, &inv)
	if s.replicas != nil {
		for _, key := range keys {
			s.replicas.wrote(key)
		}
	}
	if redis.HasErrorPrefix(err, "CROSSSLOT") {
		return severalSlots(inv.Count)
	}
	return s.translate(ctx, err)
}

// InvalidatesAtOnce implements [driver.Invalidator]: it is true.
func (s *Store) InvalidatesAtOnce() bool { return true }

// invalidate runs the script at the primary, which may have to see its source first.
func (s *Store) invalidate(ctx context.Context, keys [][]byte, inv *driver.Invalidation) error {
	soft := 0
	if inv.Soft {
		soft = 1
	}
	var err error
	for _, bySource := range []bool{false, true} {
		err = s.primary.client.Process(ctx, once{invalidateScript.commandOn(ctx, bySource, keys, inv.Version, soft)})
		if !isNoScript(err) {
			break
		}
	}
	return err
}

// severalSlots is the error for keys that a cluster keeps on several nodes. Its hash tag is
// what is between the first "{" and the next "}", and if that is empty, the key has none.
func severalSlots(count []byte) error {
	prefix, _, _ := bytes.Cut(count, fmt.Appendf(nil, ":%d:", int64(driver.ReservedVersion)))
	return fmt.Errorf("%w: the records of tags under the prefix %q are in several slots of the cluster: "+
		`use a prefix whose first "{" is not followed by "}"`, driver.ErrUnsupported, prefix)
}
