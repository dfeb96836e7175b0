package middleware

import (
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// purgeRule is one purge of all pages beneath a path.
type purgeRule struct {
	keyPrefix string
	scheme    string // "" for all, whatever their host and path
	host      string
	path      string // without a slash at its end
	at        time.Time
	soft      bool
}

// matches reports whether the rule is about pages of a target that were
// requested at that time. The end of the path is the end of a segment.
func (r *purgeRule) matches(keyPrefix string, t policy.Target, requested time.Time) bool {
	// Stores of bytes cut both times to milliseconds; that of a run under way is
	// not cut yet.
	if r.at.Before(requested.Truncate(time.Millisecond)) || r.keyPrefix != keyPrefix {
		return false
	}
	if r.scheme == "" {
		return true
	}
	rest, beneath := strings.CutPrefix(t.Path, r.path)
	return beneath && (rest == "" || rest[0] == '/') && r.scheme == t.Scheme && r.host == t.Host
}

// maxRules is how many purges by prefix are remembered, if there are no more key
// prefixes than that. With more, the oldest are put together into one that is
// about all pages of before.
const maxRules = 256
