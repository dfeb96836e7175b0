package engine

import (
	"net/http"
	"time"

	"github.com/larder-go/larder/internal/explain"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// answerAsked answers a request that asks for an explanation.
func (x *requestFlow) answerAsked(mode string) {
	if mode == explain.Audit {
		x.answerAudit()
		return
	}
	x.explain(mode == explain.Run)
}

// withoutField takes the field out of the request: neither the key nor the handler sees
// it.
func (x *requestFlow) withoutField() {
	x.r = x.r.WithContext(x.r.Context())
	x.r.Header = x.r.Header.Clone()
	delete(x.r.Header, policy.ExplainField)
}

// explain answers with a trace of the decisions for this request, without side effects.
func (x *requestFlow) explain(run bool) {
	x.withoutField()
	e := &explainer{x: x, now: time.Now()}
	e.explain(run)
	x.w.Header().Set(policy.ExplainField, explain.Explained)
	respwriter.Reply(x.w, x.r, http.StatusOK, e.trace.String(), e.trace)
}
