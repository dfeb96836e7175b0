package middleware

// Explain lets those who know secret ask what would become of a request:
//
//	curl -H 'Larder-Explain: SECRET' https://example.org/page
//	larder explain --remote https://example.org/page
//
// The answer is, instead of the page, an account of the decision step by step,
// with the section of the RFC or the option that has the rule: what the key is
// made of, what is stored under it and until when, and what would be done. Values
// of the request that may identify a user are there as hashes only, and of what
// is stored neither body nor fields. It is text, or JSON if Accept prefers that.
//
// Nothing changes by it, and the handler does not run. Whether its response could
// be stored is only known by running it: "Larder-Explain: SECRET; run" does that,
// for a GET or HEAD, drops the body, stores nothing, and says what would become
// of it.
//
// "Larder-Explain: SECRET; audit" runs the handler, too, and answers with its response and
// what would become of it as JSON, for "larder audit": see package pagetest.
//
// A request without the field, or with another secret, is answered as ever. A
// cache in front of this server may answer a request without asking it; larder
// explain is for the server itself.
//
// The secret is visible ASCII without a semicolon, and not empty.
func Explain(secret string) PageOption {
	return func(s *optionSet) { s.explainTo = append(s.explainTo, secret) }
}
