package adaptertest

import (
	"context"
	"net/http/httptrace"
	"sync"
)

// onWrote returns a context for a request that calls wrote when it has been sent.
func onWrote(ctx context.Context, wrote func()) context.Context {
	var once sync.Once
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { once.Do(wrote) },
	})
}
