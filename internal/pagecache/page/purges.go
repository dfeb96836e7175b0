package page

import (
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// PurgeRule is one purge of all pages under a path.
type PurgeRule struct {
	KeyPrefix string
	Scheme    string // "" for all, whatever their host and path
	Host      string
	Path      string // without a slash at its end
	At        time.Time
	Soft      bool
}

// Matches reports whether the rule is about pages of a target that were
// requested at that time. The end of the path is the end of a segment.
func (r *PurgeRule) Matches(keyPrefix string, t policy.Target, requested time.Time) bool {
	// Stores of bytes cut both times to milliseconds; that of a run under way is
	// not cut yet.
	if r.At.Before(requested.Truncate(time.Millisecond)) || r.KeyPrefix != keyPrefix {
		return false
	}
	if r.Scheme == "" {
		return true
	}
	rest, under := strings.CutPrefix(t.Path, r.Path)
	return under && (rest == "" || rest[0] == '/') && r.Scheme == t.Scheme && r.Host == t.Host
}

// MaxRules is how many purges by prefix are remembered, if there are no more key
// prefixes than that. With more, the oldest are put together into one that is
// about all pages of before.
const MaxRules = 256
