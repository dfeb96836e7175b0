package neighbours

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// compare holds what happened with larder against the application alone and
// returns what is wrong, by the rules of the package:
//
//   - nobody gets a body, a cookie, a token, a nonce or an ETag of another user;
//   - each answer is as without larder, except for the fields in mayDiffer;
//   - the handler runs as often as the table says, so what may be shared is;
//   - the server's log has nothing that it has not without larder.
func compare(alone, cached *stage, expected expectation) []string {
	var faults []string
	faults = append(faults, leaks(cached)...)
	if !cached.situation.broken {
		faults = append(faults, differences(alone, cached, expected)...)
		faults = append(faults, complaints(alone, cached, expected)...)
	}
	faults = append(faults, statuses(cached, expected)...)
	if want, got := expected.want(cached.framework, cached.situation), cached.runs.Load(); (got < want || got > want+expected.spare) && !cached.situation.races {
		faults = append(faults, fmt.Sprintf("the handler has run %d times, want %d\n%s", got, want, transcript(cached)))
	}
	return faults
}

// complaints returns what the server has logged with larder only.
func complaints(alone, cached *stage, expected expectation) []string {
	log := cached.errorLog.String()
	if log == "" || expected.differs["log"] != "" || containsKinds(alone.errorLog.String(), log) {
		return nil
	}
	return []string{fmt.Sprintf("the server's log:\n%.600s\nwithout larder:\n%.300s", log, alone.errorLog.String())}
}

// mayDiffer are the fields in which an answer from a cache may differ from that of
// the application, with the reason.
var mayDiffer = map[string]string{
	"Cache-Status":      "RFC 9211: the cache says what it did",
	"Age":               "RFC 9111, 5.1: a stored response has an age",
	"Date":              "RFC 9110, 6.6.1: when the response was made, not when it was sent",
	"Content-Length":    "RFC 9112, 6.2: the length of a response that is complete is known",
	"Transfer-Encoding": "RFC 9112, 6.1: a matter of one connection",
}

// mayBeAdded are the fields that a cache adds where the application has none.
var mayBeAdded = map[string]string{
	"Cache-Control": "RFC 9111, 5.2: browsers ask again, so that a purge reaches them",
	"Content-Type":  "RFC 9110, 8.3: a sender knows the type, where a compressor hides it from net/http",
	"Etag":          "RFC 9110, 8.8.3: a validator for these requests",
}

// differences compares the answers one by one. Values that are random are compared
// by where else they appear.
func differences(alone, cached *stage, expected expectation) []string {
	if len(alone.answers) != len(cached.answers) {
		return []string{fmt.Sprintf("%d answers, want %d", len(cached.answers), len(alone.answers))}
	}
	wanted, got := newPseudonyms(alone, expected), newPseudonyms(cached, expected)
	differs := expected.differing(cached.situation)
	var faults []string
	for i := range alone.answers {
		a, b := wanted.answer(alone.answers[i]), got.answer(cached.answers[i])
		for _, d := range answerDifferences(a, b, differs) {
			faults = append(faults, fmt.Sprintf("answer %d, %s to %s: %s (%s)", i, b.request, b.who, d, b.header["Cache-Status"]))
		}
	}
	return faults
}

func answerDifferences(alone, cached answer, differs map[string]string) []string {
	var all []string
	if alone.status != cached.status || (alone.err == nil) != (cached.err == nil) {
		all = append(all, fmt.Sprintf("%d, %v; want %d, %v", cached.status, cached.err, alone.status, alone.err))
	}
	if got, want := cached.plain, alone.plain; got != want {
		all = append(all, fmt.Sprintf("the body is %s, want %s", short(got), short(want)))
	}
	if alone.early != "" && cached.early == "" && differs["early"] == "" {
		all = append(all, "nothing of the body has come, where the application alone streams")
	}
	for _, name := range slices.Sorted(maps.Keys(union(alone.header, cached.header))) {
		want, got := oneLine(name, alone.header), oneLine(name, cached.header)
		if want == got || mayDiffer[name] != "" || differs[name] != "" || want == "" && mayBeAdded[name] != "" || hasNoContent(cached, name) {
			continue
		}
		all = append(all, fmt.Sprintf("%s is %q, want %q", name, got, want))
	}
	return all
}

// hasNoContent reports whether a field may be there or not, since the response has
// no content: a HEAD may omit what is known only when the content is made (RFC
// 9110, 9.3.2), and a 304 has the Vary of the 200 and no metadata beside the
// validator (15.4.5).
func hasNoContent(a answer, name string) bool {
	switch name {
	case "Content-Encoding", "Vary":
		return a.status == http.StatusNotModified || strings.HasPrefix(a.request, http.MethodHead)
	case "Last-Modified":
		return a.status == http.StatusNotModified
	}
	return false
}

// oneLine is a field in one line. Vary is a set of names (RFC 9110, 12.5.5).
func oneLine(name string, h http.Header) string {
	value := strings.Join(h[name], ", ")
	if name != "Vary" {
		return value
	}
	names := strings.Split(strings.ToLower(strings.ReplaceAll(value, " ", "")), ",")
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

func union(a, b http.Header) http.Header {
	all := maps.Clone(a)
	if all == nil {
		all = make(http.Header)
	}
	maps.Copy(all, b)
	return all
}

// leaks returns the secrets of one user that another has got, and the nonces that
// were used twice.
func leaks(s *stage) []string {
	owners := make(map[string]string)
	var faults []string
	for i, a := range s.answers {
		secrets := secretsOf(a)
		if tag := a.header.Get("Etag"); len(secrets) > 0 && tag != "" && tag != `"v1"` {
			secrets = append(secrets, tag) // of a page with a secret in it
		}
		for _, secret := range secrets {
			if owner, known := owners[secret]; known && owner != a.who {
				faults = append(faults, fmt.Sprintf("answer %d, %s to %s: has %q, which is of %s (%s)", i, a.request, a.who, secret, owner, a.header["Cache-Status"]))
			}
			owners[secret] = a.who
		}
	}
	return faults
}

// secretsOf returns what is for the user alone who got an answer: the values of
// cookies, and the tokens and nonces in the page and in its policy.
func secretsOf(a answer) []string {
	var all []string
	for _, cookie := range a.header["Set-Cookie"] {
		_, value, _ := strings.Cut(cookie, "=")
		if value, _, _ = strings.Cut(value, ";"); value != "" {
			all = append(all, value)
		}
	}
	all = append(all, tokensOf(a)...)
	for _, policy := range a.header["Content-Security-Policy"] {
		if _, rest, ok := strings.Cut(policy, "'nonce-"); ok {
			nonce, _, _ := strings.Cut(rest, "'")
			all = append(all, nonce)
		}
	}
	return all
}

// tokensOf returns the token of a page, if it has one.
func tokensOf(a answer) []string {
	_, rest, ok := strings.Cut(a.plain, tokenMark)
	if !ok {
		return nil
	}
	token, _, _ := strings.Cut(rest, `"`)
	return []string{token}
}

// randomFields are those with a random value.
var randomFields = []string{"X-Request-Id"}

// pseudonyms gives each random value of a stage a name by the order in which they
// appear, so that two stages can be compared: what is the same in one answer and
// in another must be the same in both stages.
type pseudonyms map[string]string

// ofOwner says that a token has the name of its owner alone.
const ofOwner = "of "

func newPseudonyms(s *stage, expected expectation) pseudonyms {
	p := make(pseudonyms)
	if expected.differs["token"] != "" {
		for _, a := range s.answers {
			for _, token := range tokensOf(a) {
				p[token] = ofOwner + a.who
			}
		}
	}
	for _, a := range s.answers {
		for _, name := range randomFields {
			for _, value := range a.header[name] {
				p.add(value)
			}
		}
		for _, secret := range secretsOf(a) {
			p.add(secret)
		}
	}
	return p
}

func (p pseudonyms) add(value string) {
	if _, known := p[value]; known {
		return
	}
	numbered := 1
	for _, name := range p {
		if !strings.HasPrefix(name, ofOwner) {
			numbered++
		}
	}
	p[value] = fmt.Sprintf("#%d", numbered)
}

// answer is a with pseudonyms.
func (p pseudonyms) answer(a answer) answer {
	replacements := make([]string, 0, 2*len(p))
	for value, name := range p {
		if len(value) > 3 {
			replacements = append(replacements, value, name)
		}
	}
	replacer := strings.NewReplacer(replacements...)
	a.plain = replacer.Replace(a.plain)
	header := make(http.Header, len(a.header))
	for name, values := range a.header {
		for _, value := range values {
			header[name] = append(header[name], replacer.Replace(value))
		}
	}
	a.header = header
	return a
}

// decoded is the body of an answer without its coding.
func decoded(a answer) string {
	var r io.Reader = strings.NewReader(a.body)
	switch coding := a.header.Get("Content-Encoding"); {
	case a.body == "" || coding == "":
		return a.body
	case coding == "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Sprintf("not gzip: %v", err)
		}
		r = z
	case coding == "br":
		r = brotli.NewReader(r)
	case coding == "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return fmt.Sprintf("not zstd: %v", err)
		}
		defer z.Close()
		r = z
	default:
		return "of the unknown coding " + coding
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Sprintf("%s and then %v", text, err)
	}
	return string(text)
}

// statuses compares what Cache-Status says with what the table expects.
func statuses(s *stage, expected expectation) []string {
	var faults []string
	fate := expected.in(s.situation)
	for i, a := range s.answers {
		status := strings.Join(a.header["Cache-Status"], ", ")
		hit, stored := strings.Contains(status, "; hit"), strings.Contains(status, "; stored")
		if (fate == private || fate == bypass) && (hit || stored) {
			faults = append(faults, fmt.Sprintf("answer %d, %s to %s: %s, want a page that is %s", i, a.request, a.who, status, fate))
		}
		if fate == bypass && status != "" && a.request[:3] == "GET" && !strings.Contains(status, "fwd=bypass") {
			faults = append(faults, fmt.Sprintf("answer %d, %s to %s: %s, want fwd=bypass", i, a.request, a.who, status))
		}
	}
	return faults
}

// containsKinds reports whether each line of a log is of a kind that another has:
// a panic, or a header that was written twice.
func containsKinds(alone, log string) bool {
	for _, kind := range []string{"superfluous", "panic"} {
		if strings.Contains(log, kind) && !strings.Contains(alone, kind) {
			return false
		}
	}
	return alone != ""
}

// transcript lists what happened, for a failure.
func transcript(s *stage) string {
	var b strings.Builder
	for i, a := range s.answers {
		fmt.Fprintf(&b, "  %d: %s %s: %d, %v %s\n", i, a.who, a.request, a.status, a.err, a.header["Cache-Status"])
	}
	return b.String()
}

// short is the beginning and the length of a text.
func short(text string) string { return fmt.Sprintf("%.120q (%d bytes)", text, len(text)) }
