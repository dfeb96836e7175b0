package audit

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// kind is what an input is a part of, by which the line to write is chosen.
type kind uint8

const (
	ofField kind = iota
	ofCookie
	ofQuery
	ofPath
	ofHost
	ofAddress
	ofUser   // requests that the caller has given
	ofNoting // equal requests
)

// input is one thing of a request that is changed, with the requests that are sent.
type input struct {
	kind    kind
	name    string // of the field, the cookie, the parameter
	changed []change
}

// change is a request with one thing changed.
type change struct {
	says    string // what was changed, for people
	request *http.Request
}

// inputsOf are the inputs of a request. given are further fields of the caller's, and
// received the cookies that its client was given. No two changes are the same request.
func inputsOf(r *http.Request, given []Field, received []*http.Cookie) []input {
	inputs := append(fieldInputs(r, given), cookieInputs(r, received)...)
	inputs = append(inputs, queryInputs(r)...)
	inputs = append(inputs, pathInput(r), hostInput(r), addressInput(r))
	seen := map[string]bool{sentAs(r): true}
	for i := range inputs {
		inputs[i].changed = slices.DeleteFunc(inputs[i].changed, func(c change) bool {
			sent := sentAs(c.request)
			again := seen[sent]
			seen[sent] = true
			return again
		})
	}
	return inputs
}

// sentAs is all that is sent of a request, and its client's address.
func sentAs(r *http.Request) string {
	return fmt.Sprintf("%q %q %q %q %q", r.Method, r.RemoteAddr, r.Host, r.URL, r.Header)
}

// fieldInputs change each field: to other values, and where the request has it, to none.
func fieldInputs(r *http.Request, given []Field) (inputs []input) {
	seen := make(map[string]bool)
	all := slices.Concat(given, fields, identities())
	for name := range r.Header {
		all = append(all, Field{Name: name, Values: []string{"audit"}}) // what the table does not have
	}
	for _, f := range all {
		name := http.CanonicalHeaderKey(f.Name)
		if seen[name] || name == "Cookie" {
			continue
		}
		seen[name] = true
		in := input{kind: ofField, name: name}
		for _, value := range f.Values {
			in.add(r, name+": "+value, func(r *http.Request) { setField(r, name, value) })
		}
		if r.Header[name] != nil {
			in.add(r, "without "+name, func(r *http.Request) { without(r, name) })
		}
		inputs = append(inputs, in)
	}
	return inputs
}

// setField gives a request another value for a field. That of Host is not in the header.
func setField(r *http.Request, name, value string) {
	if name == "Host" {
		r.Host = value
		return
	}
	r.Header.Set(name, value)
}

// without removes a field. Clients of net/http would send a User-Agent of their own.
func without(r *http.Request, name string) {
	delete(r.Header, name)
	if name == "User-Agent" {
		r.Header[name] = []string{""}
	}
}

// cookieInputs change each cookie: those that applications are known for, those of the
// request, and those that its client was given, which may be another one each time.
func cookieInputs(r *http.Request, received []*http.Cookie) (inputs []input) {
	var names []string
	values := make(map[string][]string)
	add := func(name string, more ...string) {
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], more...)
	}
	for _, cookie := range received {
		add(cookie.Name, cookie.Value)
	}
	for _, c := range cookies {
		add(c.Name, c.Values...)
	}
	for _, pair := range cookiePairs(r) {
		add(pair.name, "audit")
	}
	for _, name := range names {
		in := input{kind: ofCookie, name: name}
		for _, value := range values[name] {
			in.add(r, "another cookie "+name, func(r *http.Request) { setCookie(r, name, &value) })
		}
		if slices.ContainsFunc(cookiePairs(r), func(pair cookiePair) bool { return pair.name == name }) {
			in.add(r, "without the cookie "+name, func(r *http.Request) { setCookie(r, name, nil) })
		}
		inputs = append(inputs, in)
	}
	return inputs
}

// cookiePair is a cookie as it was sent.
type cookiePair struct{ name, text string }

// cookiePairs are the cookies of a request, as they were sent: net/http leaves out those
// that RFC 6265, section 4.1.1 does not allow, and quotes, which handlers may look at.
func cookiePairs(r *http.Request) (pairs []cookiePair) {
	for _, line := range r.Header["Cookie"] {
		for text := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(text, "=")
			if text = strings.TrimSpace(text); text != "" {
				pairs = append(pairs, cookiePair{strings.TrimSpace(name), text})
			}
		}
	}
	return pairs
}

// setCookie gives a request another value for a cookie, or none. The other cookies stay
// as they were sent.
func setCookie(r *http.Request, name string, value *string) {
	var texts []string
	for _, pair := range cookiePairs(r) {
		if pair.name != name {
			texts = append(texts, pair.text)
		}
	}
	if value != nil {
		texts = append(texts, name+"="+*value)
	}
	delete(r.Header, "Cookie")
	if len(texts) > 0 {
		r.Header.Set("Cookie", strings.Join(texts, "; "))
	}
}

// queryInputs change the order of the query's parameters, repeat each, and add others.
func queryInputs(r *http.Request) (inputs []input) {
	pairs := strings.Split(r.URL.RawQuery, "&")
	if r.URL.RawQuery == "" {
		pairs = nil
	}
	query := func(name, says string, pairs []string) {
		in := input{kind: ofQuery, name: name}
		in.add(r, says, func(r *http.Request) { r.URL.RawQuery = strings.Join(pairs, "&") })
		inputs = append(inputs, in)
	}
	if len(pairs) > 1 {
		reversed := slices.Clone(pairs)
		slices.Reverse(reversed)
		query("", "the parameters of the query in another order", reversed)
	}
	for i, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		query(name, "the parameter "+name+" a second time", append(slices.Clone(pairs), name+"=audit"))
		query(name, "the parameter "+name+" with another value before it", slices.Concat([]string{name + "=audit"}, pairs))
		query(name, "without the parameter "+name, slices.Delete(slices.Clone(pairs), i, i+1))
	}
	for _, pair := range []string{"utm_source=audit", "fbclid=audit", "lang=de", "page=2", "_method=HEAD", "audit=1"} {
		if name, _, _ := strings.Cut(pair, "="); !r.URL.Query().Has(name) {
			query(name, "the parameter "+pair, append(slices.Clone(pairs), pair))
		}
	}
	return inputs
}

// pathInput changes the slash at the end of the path, and the case of its letters.
func pathInput(r *http.Request) input {
	in := input{kind: ofPath, name: "path"}
	path := r.URL.Path
	to := func(says, path string) {
		in.add(r, says, func(r *http.Request) { r.URL.Path, r.URL.RawPath = path, "" })
	}
	switch trimmed := strings.TrimRight(path, "/"); {
	case trimmed == "":
	case trimmed == path:
		to("a slash at the end of the path", path+"/")
	default:
		to("no slash at the end of the path", trimmed)
	}
	if upper := strings.ToUpper(path); upper != path {
		to("the path in upper case", upper)
	}
	if lower := strings.ToLower(path); lower != path {
		to("the path in lower case", lower)
	}
	return in
}

// hostInput asks by the other name that sites mostly have.
func hostInput(r *http.Request) input {
	in := input{kind: ofHost, name: "Host"}
	host := hostOf(r)
	if host == "" || !unicode.IsLetter(rune(host[0])) {
		return in // an address has no other name
	}
	other, has := strings.CutPrefix(host, "www.")
	if !has {
		other = "www." + host
	}
	in.add(r, "the host "+other, func(r *http.Request) { r.Host = other })
	return in
}

func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// addressInput asks from another address, where that is a part of the request: in the
// process of a test.
func addressInput(r *http.Request) input {
	in := input{kind: ofAddress, name: "the client's address"}
	if r.RemoteAddr != "" {
		for _, address := range []string{"203.0.113.7:4711", "203.0.113.8:4711"} {
			in.add(r, "the client's address "+address, func(r *http.Request) { r.RemoteAddr = address })
		}
	}
	return in
}

// add adds a change of a copy of the request.
func (in *input) add(r *http.Request, says string, edit func(*http.Request)) {
	c := r.Clone(r.Context())
	edit(c)
	if r.RequestURI != "" { // of a request as servers have it
		c.RequestURI = strings.TrimSuffix(r.RequestURI, r.URL.RequestURI()) + c.URL.RequestURI()
	}
	in.changed = append(in.changed, change{says, c})
}
