package middleware

import "net/http"

// fields says which of the fields that mean something to the cache a request
// has. Most have few of them, and all are found in one walk through the header.
type fields struct {
	upgrade, connection, cookie, authorization bool

	credentials bool // fields of knownCredentials, or of CredentialHeaders
	directives  bool // Cache-Control or Pragma
	conditional bool // conditions or a range
}

// fieldKind is what a request field means to the cache. None is zero.
type fieldKind uint8

const (
	kindUpgrade fieldKind = 1 << iota
	kindConnection
	kindCookie
	kindAuthorization
	kindCredential // names the user or authenticates the client
	kindCSRF       // proves that the request is not forged; the user has it, too
	kindDirectives
	kindConditional

	// kindsOfUser are those by which a response may be one user's own.
	kindsOfUser = kindAuthorization | kindCredential | kindCSRF
)

// fieldsOf finds the fields of a request that mean something to this policy.
func (p *policy) fieldsOf(header http.Header) fields {
	var kinds fieldKind
	for name, lines := range header {
		if lines == nil {
			continue
		}
		kinds |= p.kindOf(name)
	}
	return fields{
		upgrade:       kinds&kindUpgrade != 0,
		connection:    kinds&kindConnection != 0,
		cookie:        kinds&kindCookie != 0,
		authorization: kinds&kindAuthorization != 0,
		credentials:   kinds&(kindCredential|kindCSRF) != 0,
		directives:    kinds&kindDirectives != 0,
		conditional:   kinds&kindConditional != 0,
	}
}

// kindOf returns what a request field means, whatever the options of a policy are.
// Those that browsers and proxies send with most requests are told from credentials
// by one look into a table.
func kindOf(name string) fieldKind {
	if f := &frequentFields.slots[frequentFields.slot(name)]; f.name == name {
		return f.kind
	}
	return kindOfCredential(name)
}

// isPartial reports whether a request field would make an answer partial or
// empty. Each client's own are applied to the whole answer.
func isPartial(name string) bool {
	f := &frequentFields.slots[frequentFields.slot(name)]
	return f.name == name && f.kind == kindConditional
}

// frequentFields are the request fields that are no credentials, and those that mean
// something to the cache in other ways. What is missing here is looked for among the
// credentials, which takes longer.
var frequentFields = newFieldTable(map[fieldKind][]string{
	kindUpgrade:       {"Upgrade"},
	kindConnection:    {"Connection"},
	kindCookie:        {"Cookie"},
	kindAuthorization: {"Authorization"},
	kindDirectives:    {"Cache-Control", "Pragma"},
	kindConditional:   {"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"},
	0: {
		// RFC 9110, and of a browser's fetch.
		"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Content-Length", "Content-Type", "Date", "Expect", "From",
		"Host", "Max-Forwards", "Origin", "Referer", "Te", "Trailer", "Transfer-Encoding", "User-Agent", "Via",
		"Access-Control-Request-Headers", "Access-Control-Request-Method", "Priority", "Upgrade-Insecure-Requests",
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-Gpc", "Sec-Purpose",
		"Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Dnt", "Purpose", "Save-Data", "Keep-Alive", "Proxy-Connection",
		"Device-Memory", "Downlink", "Dpr", "Ect", "Rtt", "Viewport-Width", "Width",

		// Of scripts: XMLHttpRequest by convention, htmx, Turbo.
		"X-Requested-With", "Hx-Boosted", "Hx-Current-Url", "Hx-History-Restore-Request", "Hx-Prompt", "Hx-Request", "Hx-Target",
		"Hx-Trigger", "Hx-Trigger-Name", "Turbo-Frame",

		// Of proxies, content delivery networks and tracing.
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-Ip",
		"X-Request-Id", "X-Correlation-Id", "Traceparent", "Tracestate", "Baggage", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context",
		"Cdn-Loop", "Cf-Connecting-Ip", "Cf-Ipcountry", "Cf-Ray", "Cf-Visitor", "True-Client-Ip", "X-Client-Ip",
	},
})

// fieldTable finds a field by its name with a hash of four of its bytes, and never
// looks at more than one slot.
type fieldTable struct {
	slots  [fieldSlots]fieldSlot
	factor uint32
}

type fieldSlot struct {
	name string
	kind fieldKind
}

const (
	fieldSlots   = 1 << fieldBits
	fieldBits    = 10
	maxFieldSeed = 1 << 16
)

// newFieldTable looks for a factor by which each name has a slot of its own. It
// panics if there is none: then there are too many names for the table.
func newFieldTable(names map[fieldKind][]string) *fieldTable {
	for seed := uint32(1); seed < maxFieldSeed; seed++ {
		t := &fieldTable{factor: seed*2654435761 | 1}
		if t.isPerfect(names) {
			for kind, list := range names {
				for _, name := range list {
					t.slots[t.slot(name)] = fieldSlot{name, kind}
				}
			}
			return t
		}
	}
	panic("middleware: by every factor two frequent fields have the same slot")
}

// isPerfect reports whether no two names have the same slot.
func (t *fieldTable) isPerfect(names map[fieldKind][]string) bool {
	var taken [fieldSlots]bool
	for _, list := range names {
		for _, name := range list {
			slot := t.slot(name)
			if taken[slot] {
				return false
			}
			taken[slot] = true
		}
	}
	return true
}

func (t *fieldTable) slot(name string) uint32 {
	n := len(name)
	if n == 0 {
		return 0
	}
	h := uint32(name[0]) | uint32(name[n/2])<<8 | uint32(name[n-1])<<16 | uint32(name[n*3/4])<<24
	return (h + uint32(n)*40503) * t.factor >> (32 - fieldBits)
}
