package memcachestore

import (
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"strconv"
	"time"
)

// epoch is the number of a namespace on one server that Clear changes. An entry
// bears it in its flags, and is dead when the namespace has another. Zero is no
// epoch.
//
// The upper bits are the time in seconds, which come round every 48 days, and
// the lower ones are random. So epochs of different seconds differ for longer
// than most entries live, and an epoch that was evicted is never made again, as
// one that began at a constant would be, with all the entries that had been
// cleared. Of epochs of one second, each is made with the last one in sight
// wherever that is known.
type epoch uint32

const (
	epochRandomBits = 10

	// maxEpochLead is how far, in steps of the number, the last epoch may be
	// ahead of the time and the next still goes on from there: 17 minutes of
	// clocks that differ, or two thousand clearings at once.
	maxEpochLead = 1 << 20
)

// nextEpoch makes an epoch other than last and those before it.
func nextEpoch(last epoch, now time.Time) epoch {
	random := epoch(rand.Uint32N(1 << epochRandomBits))
	next := epoch(now.Unix())<<epochRandomBits | random
	if last-next < maxEpochLead {
		next = last + 1 + random
	}
	if next == 0 {
		next = 1
	}
	return next
}

// appendEpoch appends e as it is stored.
func appendEpoch(dst []byte, e epoch) []byte { return strconv.AppendUint(dst, uint64(e), 10) }

// parseEpoch reads what appendEpoch wrote. It reports false for anything else.
func parseEpoch(b []byte) (epoch, bool) {
	n, err := strconv.ParseUint(string(b), 10, 32)
	if err != nil || n == 0 || b[0] == '0' {
		return 0, false
	}
	return epoch(n), true
}

const epochKeyPrefix = "larder-epoch:"

// epochKey returns the key of the epoch of the namespace with prefix. It is a
// hash, since a prefix may be longer than a key and have any bytes.
func epochKey(prefix string) string {
	sum := sha256.Sum256([]byte(prefix))
	return epochKeyPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}

// tagOf returns the flags of an entry from the epochs of its namespaces: the
// epoch itself where there is one, as there is for every entry of an alias.
func tagOf(epochs []epoch) uint32 {
	if len(epochs) == 0 {
		return 0
	}
	tag := uint32(epochs[0])
	for _, e := range epochs[1:] {
		tag = (tag ^ tag>>15) * 0x85ebca6b
		tag = (tag ^ tag>>13) + uint32(e)
	}
	return tag
}
