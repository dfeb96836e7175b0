package middleware

import (
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// Authorizer decides who may purge. It is made by [BearerToken], [BasicAuth] or
// [AuthorizeFunc]; the zero Authorizer is refused wherever one is needed.
type Authorizer struct {
	allows    func(*http.Request) bool
	challenge string // of WWW-Authenticate; "" if credentials of another kind are meant
}

// BearerToken allows requests whose Authorization is Bearer with one of these
// tokens (RFC 6750, section 2.1). It panics if there is none, or an empty one.
func BearerToken(tokens ...string) Authorizer {
	if len(tokens) == 0 {
		panic("middleware: BearerToken: there is no token")
	}
	secrets := make([]policy.Secret, len(tokens))
	for i, token := range tokens {
		if token == "" {
			panic("middleware: BearerToken: a token is empty")
		}
		secrets[i] = policy.NewSecret(token)
	}
	return Authorizer{challenge: `Bearer realm="larder"`, allows: func(r *http.Request) bool {
		token, ok := bearer(r)
		allowed := false
		for _, s := range secrets {
			allowed = s.Matches(token) || allowed // all are compared
		}
		return ok && allowed
	}}
}

// bearer returns the token of a request. Two Authorization lines are none: what
// is in front of this program may have looked at the other one.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(respwriter.Single(r.Header["Authorization"]), " ")
	return strings.TrimLeft(token, " "), ok && strings.EqualFold(scheme, "Bearer")
}

// BasicAuth allows requests with this user and password (RFC 7617). It panics if
// either is empty, or the user has a colon.
func BasicAuth(user, password string) Authorizer {
	if user == "" || password == "" || strings.Contains(user, ":") {
		panic("middleware: BasicAuth: user and password must not be empty, and the user must have no colon")
	}
	both := policy.NewSecret(user + ":" + password)
	return Authorizer{challenge: `Basic realm="larder", charset="UTF-8"`, allows: func(r *http.Request) bool {
		user, password, ok := r.BasicAuth()
		return both.Matches(user+":"+password) && ok && len(r.Header["Authorization"]) == 1
	}}
}

// AuthorizeFunc allows requests for which allow is true: by a client
// certificate, say, or by what outer middleware has put into the context. It
// may be called from many goroutines, and it has to compare secrets in constant
// time. It panics if allow is nil.
func AuthorizeFunc(allow func(*http.Request) bool) Authorizer {
	if allow == nil {
		panic("middleware: AuthorizeFunc: there is no function")
	}
	return Authorizer{allows: allow}
}

// refuse answers a request that is not allowed.
func (a *Authorizer) refuse(w http.ResponseWriter, r *http.Request) {
	if a.challenge == "" {
		respwriter.ReplyError(w, r, http.StatusForbidden, "not allowed")
		return
	}
	w.Header().Set("WWW-Authenticate", a.challenge)
	respwriter.ReplyError(w, r, http.StatusUnauthorized, "credentials are missing or wrong")
}
