package middleware

import "net/http"

// varyValue is a value that pages depend on.
type varyValue struct {
	name  string // in keys
	part  string // in explanations
	given bool   // the name is not made of the function
	of    func(*http.Request) string
}
