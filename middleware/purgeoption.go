package middleware

import "github.com/larder-go/larder/internal/pagecache/purge"

// PurgeOption changes what [Policy.PurgeURL] and [Policy.PurgePath] do.
type PurgeOption func(*purgeOrder)

type purgeOrder = purge.Order

// SoftPurge lets pages be served for a while longer, while the handler refreshes them in
// the background: see [Policy.PurgeSoft].
func SoftPurge() PurgeOption {
	return func(o *purgeOrder) { o.Soft = true }
}

// PrefixPurge purges all pages under the URL, too: see [Policy.PurgePrefix].
func PrefixPurge() PurgeOption {
	return func(o *purgeOrder) { o.Prefix = true }
}

func newPurgeOrder(opts []PurgeOption) (o purgeOrder) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
