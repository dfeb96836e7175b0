package middleware

import (
	"time"

	"github.com/larder-go/larder/cache"
)

// Defaults of the options.
const (
	// DefaultMaxBody is the length in bytes over which a response is not stored:
	// 8 MiB.
	DefaultMaxBody = 8 << 20

	// DefaultSiteTTL is for how long [Site] keeps a response that does not say:
	// 5 minutes.
	DefaultSiteTTL = cache.DefaultTimeout

	// DefaultMaxWait is for how long a request waits for the run that another
	// has started: 30 s.
	DefaultMaxWait = 30 * time.Second

	// DefaultMaxConcurrentRuns is how many runs of the handler for one URL [Site]
	// and [Shared] have under way for requests that wait: 8.
	DefaultMaxConcurrentRuns = 8

	// DefaultRefreshTimeout is how long a refresh in the background may take: 30 s.
	DefaultRefreshTimeout = 30 * time.Second
)
