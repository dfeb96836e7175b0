package middleware

import "github.com/larder-go/larder/internal/pagecache/reason"

// Reason explains a word that larder writes into the detail parameter of Cache-Status.
type Reason struct {
	Detail string // the word in detail=, such as "set-cookie"
	Means  string // the cause, as a sentence without a full stop
	Rule   string // the section of an RFC, or the option, that has the rule
	Advice string // what to do about it, if that is not wanted
}

// Reasons returns all reasons for which a response does not come from the cache
// or does not go into it, in the order in which a request may meet with them.
// docs/why-not-cached.md is the same list.
func Reasons() []Reason {
	all := make([]Reason, 0, len(reason.Texts)-1)
	for _, r := range reason.Texts[reason.None+1:] {
		all = append(all, Reason(r))
	}
	return all
}
