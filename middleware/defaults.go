package middleware

import (
	"time"

	"github.com/larder-go/larder/cache"
)

// What holds for a cache of pages without options.
const (
	// DefaultMaxBody is the length in bytes over which a response is not stored.
	DefaultMaxBody = 8 << 20

	// DefaultSiteTTL is for how long [Site] keeps a response that does not say.
	DefaultSiteTTL = cache.DefaultTimeout

	// DefaultMaxWait is for how long a request waits for the run that another
	// has started.
	DefaultMaxWait = 30 * time.Second

	// DefaultMaxConcurrentRuns is how many runs of the handler for one URL [Site]
	// and [Shared] have under way for requests that wait.
	DefaultMaxConcurrentRuns = 8

	// DefaultRefreshTimeout is how long a refresh in the background may take.
	DefaultRefreshTimeout = 30 * time.Second
)
