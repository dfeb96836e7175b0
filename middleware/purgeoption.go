package middleware

import "github.com/larder-go/larder/internal/pagecache/purge"

// PurgeOption changes what [Policy.PurgeURL] and [Policy.PurgePath] do.
type PurgeOption func(*purge.Order)

// SoftPurge lets pages be served for a while longer, while the handler refreshes them in
// the background: see [Policy.PurgeSoft].
func SoftPurge() PurgeOption {
	return func(o *purge.Order) { o.Soft = true }
}

// PrefixPurge purges all pages under the URL, too: see [Policy.PurgePrefix].
func PrefixPurge() PurgeOption {
	return func(o *purge.Order) { o.Prefix = true }
}

func newPurgeOrder(opts []PurgeOption) (o purge.Order) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
