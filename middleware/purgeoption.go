package middleware

// PurgeOption changes what [Policy.PurgeURL] and [Policy.PurgePath] do.
type PurgeOption func(*purgeOrder)

// SoftPurge lets pages be served for a while longer, while the handler refreshes them in
// the background: see [Policy.PurgeSoft].
func SoftPurge() PurgeOption {
	return func(o *purgeOrder) { o.soft = true }
}

// PrefixPurge purges all pages beneath the URL, too: see [Policy.PurgePrefix].
func PrefixPurge() PurgeOption {
	return func(o *purgeOrder) { o.prefix = true }
}

func newPurgeOrder(opts []PurgeOption) (o purgeOrder) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
