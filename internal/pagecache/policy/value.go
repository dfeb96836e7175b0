package policy

import "net/http"

// VaryValue is a value that pages depend on.
type VaryValue struct {
	Name  string // in keys
	Part  string // in explanations
	Given bool   // the name is not made of the function
	Of    func(*http.Request) string
}
