package middleware

// Explain lets those who know secret ask what would become of a request:
//
//	curl -H 'Larder-Explain: SECRET' https://example.org/page
//	larder explain --remote https://example.org/page
//
// Instead of the page, the response is a trace of the decision, step by step, with the
// RFC section or option behind each step: the parts of the key, the stored entry and its
// expiry, and the action. Values that may identify a user appear as hashes; the stored
// body and fields do not appear. It is text, or JSON if Accept prefers that.
//
// It changes nothing, and the handler does not run. Whether its response could
// be stored is only known by running it: "Larder-Explain: SECRET; run" does that,
// for a GET or HEAD, drops the body, stores nothing, and says what would become
// of it.
//
// "Larder-Explain: SECRET; audit" runs the handler, too, and answers with its response and
// what would become of it as JSON, for "larder audit": see package pagetest.
//
// A request without the field, or with another secret, is answered as usual. A
// cache in front of this server may answer a request without asking it; larder
// explain is for the server itself.
//
// The secret is visible ASCII without a semicolon, and not empty.
func Explain(secret string) PageOption {
	return func(s *optionSet) { s.explainTo = append(s.explainTo, secret) }
}
