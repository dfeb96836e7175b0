package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
	"github.com/larder-go/larder/internal/rfc9111"
)

// Ranges and preconditions of pages that are not stored. A shared run ignores them, so a
// client that wants a part of a slow or large page would wait for, and get, the whole.
// Therefore its request goes to the handler unchanged, unless the part is already there.

// wantsPart reports whether a request has a range, or a precondition by which a
// client protects a change or resumes a download. Other units than bytes count:
// the handler may know them.
func (x *requestFlow) wantsPart() bool {
	if !x.Fields.Has(policy.KindConditional) {
		return false
	}
	return x.r.Method == http.MethodGet && x.requestHeader()["Range"] != nil || x.isProtected()
}

// isProtected reports whether a request has a precondition by which a client protects a
// change. An origin evaluates it; a cache may ignore it (RFC 9110, section 13.1.1).
func (x *requestFlow) isProtected() bool {
	if !x.Fields.Has(policy.KindConditional) {
		return false
	}
	header := x.requestHeader()
	return header["If-Match"] != nil || header["If-Unmodified-Since"] != nil
}

// isPartOfNothing reports whether a request wants a part of a page for which nothing
// suitable is stored, not even a page to be validated.
func (x *requestFlow) isPartOfNothing() bool { return x.base == nil && x.wantsPart() }

// passPart is pass for a request that wants a part which no run has.
func (x *requestFlow) passPart() {
	why := x.forward()
	if x.isPartOfNothing() {
		why = forwardPartial
	}
	x.pass(why, reason.None)
}

// unknownSize is more than any response has.
const unknownSize = 1 << 59

// partOf returns the part that a client wants of a response that is being written, or nil if
// it gets the whole, or the answer to its conditions. It is false if the part is not there
// yet, or cannot be determined without the length of the whole.
func (x *requestFlow) partOf(l *live) (part *rfc9111.ContentRange, ok bool) {
	if !x.wantsCut(l.page) {
		return nil, true
	}
	part, ignored := x.rangeOf(l.page)
	if part == nil {
		return nil, ignored
	}
	reached := l.body.Reached()
	if part.Size < 0 {
		return part, part.Start+part.Length <= reached
	}
	return part, part.Start < reached
}

// wantsCut reports whether the client gets a range of this response, which has begun.
func (x *requestFlow) wantsCut(p *page.Page) bool {
	if p.Status != http.StatusOK || !x.Fields.Has(policy.KindConditional) || !policy.AsksForRange(x.r) {
		return false
	}
	header := http.Header{
		"Accept-Ranges":    p.Lines("Accept-Ranges"),
		"Content-Encoding": slices.Concat(p.ContentEncoding, x.w.Header()["Content-Encoding"]),
	}
	return x.h.MayCut(header, x.r) && x.h.conditions(x.r, &p.Validators) == rfc9111.OutcomeProceed
}

// rangeOf returns the only range of a page that a client wants, or nil if there is none.
// ignored reports whether the client gets the whole.
func (x *requestFlow) rangeOf(p *page.Page) (part *rfc9111.ContentRange, ignored bool) {
	size := respwriter.DeclaredLength(http.Header{"Content-Length": p.Lines("Content-Length")})
	most := size
	if size < 0 {
		most = unknownSize
	}
	ranges, outcome := rfc9111.ParseRange(x.r.Header["Range"], most)
	if len(ranges) != 1 {
		return nil, outcome == rfc9111.RangeIgnored
	}
	return &rfc9111.ContentRange{Range: ranges[0], Size: size}, false
}

// ownPart returns the part that the client of a run wants of its response: of a stale page
// that has changed. If outer middleware may add to the header as it is written, the client
// gets the whole: the response may turn out to be for this client alone, and the handler
// would then write the whole directly to it.
func (x *requestFlow) ownPart(p *page.Page) *rfc9111.ContentRange {
	if !x.wantsCut(p) || !isServersOwn(x.w) {
		return nil
	}
	if part, _ := x.rangeOf(p); part != nil && part.Size >= 0 {
		return part
	}
	return nil
}

// awaitsWhole reports whether the ranges that the client of a run wants of its response can
// be cut only when that is complete: if its length is unknown, or if there are several. If
// outer middleware may add to the header as it is written, the client gets the whole at
// once, since no other client may have any of it before.
func (x *requestFlow) awaitsWhole(p *page.Page) bool {
	if !x.wantsCut(p) || !isServersOwn(x.w) {
		return false
	}
	part, ignored := x.rangeOf(p)
	return !ignored && (part == nil || part.Size < 0)
}

// sendOfWhole sends the client of a run the ranges that it wants: one range as soon as that
// is there, several when the response is complete. If the response is not kept until then,
// the handler answers the unchanged request.
func (x *requestFlow) sendOfWhole(ctx context.Context, u *run, reader *stream.Reader, err error) {
	for err == nil && !u.live.body.IsOver() {
		if part, ok := x.partOf(u.live); ok && part != nil && x.sendOwnPart(ctx, u, part) {
			respwriter.Flush(x.w) // that client has all it gets
			x.drain(ctx, reader, nil)
			return
		}
		_, _, err = reader.Next(ctx)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		x.breakOff(u, reader, err)
	}
	entry, ok := u.live.whole(x.h.Policy)
	if !ok {
		reader.Leave()
		x.endSubscription()
		<-u.done
		x.answerAsItCame(u)
		return
	}
	x.sawEnd = true
	header := x.w.Header()
	setStatus(header, entry.CacheStatus, *u.held)
	out := newOutgoing(header, entry)
	x.sendPage(entry, &out)
}

// sendOwnPart sends a part of an incomplete response, and reports whether it did: the part
// may no longer be kept.
func (x *requestFlow) sendOwnPart(ctx context.Context, u *run, part *rfc9111.ContentRange) bool {
	beginning, ok := u.live.body.Join(false)
	if !ok {
		return false
	}
	defer beginning.Leave()
	header := x.w.Header()
	setStatus(header, u.live.page.CacheStatus, *u.held)
	out := newOutgoing(header, u.live.page)
	out.setPage(u.live.page)
	out.setClientHeaders(x.h, u.live.page)
	body, flush, err := beginning.Next(ctx)
	x.sendPart(ctx, beginning, part, body, flush, err)
	return true
}

// setPart makes a header that of a part.
func setPart(header http.Header, part *rfc9111.ContentRange) {
	header["Content-Range"] = []string{string(rfc9111.AppendContentRange(nil, *part))}
	header["Content-Length"] = []string{strconv.FormatInt(part.Length, 10)}
}

// sendPart sends a part of a response that is being written (RFC 9110, section
// 15.3.7). The fields of the whole are set.
func (x *requestFlow) sendPart(ctx context.Context, reader *stream.Reader, part *rfc9111.ContentRange, body []byte, flush bool, err error) {
	setPart(x.w.Header(), part)
	x.w.WriteHeader(http.StatusPartialContent)
	err = copyStream(ctx, reader, &cutter{ResponseWriter: x.w, skip: part.Start, left: part.Length}, body, flush, err)
	if x.sawEnd = errors.Is(err, io.EOF); !x.sawEnd && !errors.Is(err, errPartSent) {
		panic(http.ErrAbortHandler) // so that the client sees that the part is incomplete
	}
}

// errPartSent is the error of writes to a cutter after the end of its part.
var errPartSent = errors.New("larder: the client has all of its part")

// cutter passes on a part of a body.
type cutter struct {
	http.ResponseWriter
	skip, left int64
}

// Unwrap is for [http.ResponseController].
func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Write implements [io.Writer]. It fails with errPartSent at the end of the part.
func (c *cutter) Write(p []byte) (int, error) {
	n := len(p)
	skipped := min(c.skip, int64(n))
	c.skip -= skipped
	p = p[skipped:]
	p = p[:min(c.left, int64(len(p)))]
	c.left -= int64(len(p))
	if len(p) > 0 {
		if _, err := c.ResponseWriter.Write(p); err != nil {
			return 0, err
		}
	}
	if c.left == 0 {
		return n, errPartSent
	}
	return n, nil
}
