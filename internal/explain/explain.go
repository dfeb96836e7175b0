// Package explain is what pages of the middleware and those who ask them about a request
// have in common: the request field, its modes, and the form of an answer to an audit. It
// does not decide anything about pages except whether one answer may stand for another.
package explain

import (
	"net/http"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Field is the request field by which a client asks, as "SECRET" or "SECRET; mode". An
// answer that is not the page itself has it, too.
const Field = "Larder-Explain"

// The modes beside the plain one, which explains what would be done.
const (
	Run   = "run"   // run the handler, and explain what would become of its response
	Audit = "audit" // run the handler, and answer with an [Answer]
)

// The values of [Field] in answers.
const (
	Explained = "explained"
	Audited   = "audited"
)

// Answer is the body of an answer to an audit, as JSON.
type Answer struct {
	Pages []Page `json:"pages"` // that the request came to, the outermost first
}

// Page is what a cached page makes of a request. Its handler has run as it would for all
// who ask, and nothing was looked up or stored. Values of the request that may identify a
// user are there as digests.
type Page struct {
	Policy string `json:"policy"` // which cache it is, for people

	// Bypass and Why are words of Cache-Status's detail: why the request is not looked
	// up, and why the response is not stored. They are empty if it is.
	Bypass string `json:"bypass,omitempty"`
	Why    string `json:"why,omitempty"`

	// Validated says that the handler is asked before each use of the stored response.
	Validated bool `json:"validated,omitempty"`

	// Guarded says that only a guard of the cache's own keeps the response from
	// being stored: that against Set-Cookie, or against nonces.
	Guarded bool `json:"guarded,omitempty"`

	Key     string            `json:"key,omitempty"`     // a digest of all by which the page is found, except Vary
	Parts   []Part            `json:"parts,omitempty"`   // of the key
	Fields  map[string]string `json:"fields,omitempty"`  // request fields, by digests of what they select by
	Codings string            `json:"codings,omitempty"` // that the request accepts

	// Removed are fields of the request that its handler gets in an audit, and does not
	// get when the page is stored: what proxies forward.
	Removed []string `json:"removed,omitempty"`

	Credentials rfc9111.Credentials `json:"credentials"` // of the request
	Permission  rfc9111.Permission  `json:"permission"`  // of the response
	Vary        []string            `json:"vary,omitempty"`
	AnyCoding   bool                `json:"any_coding,omitempty"` // clients are not asked which codings they accept

	Response Response `json:"response"`
}

// Part is a part of a key. Two parts of one name are the same if their values are.
type Part struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MaxBody is how many bytes of a body an answer has at most.
const MaxBody = 1 << 20

// Response is what the handler has answered. Its header has what the handler itself has
// set, and not what outer middleware had.
type Response struct {
	Status   int         `json:"status"`
	Header   http.Header `json:"header"`
	Body     []byte      `json:"body,omitempty"` // up to [MaxBody]
	Length   int64       `json:"length"`         // of the whole body
	Sum      string      `json:"sum,omitempty"`  // of the whole body
	Panicked bool        `json:"panicked,omitempty"`
}

// IsStored reports whether the response would be stored for others.
func (p *Page) IsStored() bool { return p.Bypass == "" && p.Why == "" }

// IsShared reports whether the response would be given to others as it is.
func (p *Page) IsShared() bool { return p.IsStored() && !p.Validated }

// StandsFor reports whether the response of p, once it is stored, is given to the request
// of q: q is looked up, finds it by its key and by what p varies on, and may have it.
func (p *Page) StandsFor(q *Page) bool {
	return p.IsShared() && q.Bypass == "" && p.Key == q.Key && p.VariesApart(q) == "" &&
		q.Credentials.MayShare(p.Permission, p.Vary) && p.isReadable(q)
}

// VariesApart returns the first field of p's Vary in which the requests differ, or "".
func (p *Page) VariesApart(q *Page) string {
	for _, name := range p.Vary {
		if name != "Host" && p.Fields[name] != q.Fields[name] {
			return name
		}
	}
	return ""
}

// isReadable reports whether the client of q accepts the content codings of p.
func (p *Page) isReadable(q *Page) bool {
	codings := rfc9111.FieldNames(p.Response.Header["Content-Encoding"])
	return p.AnyCoding || len(codings) == 0 || rfc9111.AcceptedCodings([]string{q.Codings}).Accepts(codings)
}
