package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/larder-go/larder/internal/audit"
	"github.com/larder-go/larder/internal/rfc9111"
)

// parseField reads a field of a request from a flag, written as 'NAME: VALUE'. The error
// matches errUsage, and does not show the value, which may be a password.
func parseField(flag, text string) (audit.Field, error) {
	name, value, ok := strings.Cut(text, ":")
	if !ok {
		return audit.Field{}, usageError(flag + " takes a field, such as 'Accept-Language: de'")
	}
	name, value = http.CanonicalHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
	switch {
	case !rfc9111.IsFieldName(name):
		return audit.Field{}, usageError(fmt.Sprintf("%s: %q is not the name of a field, which is written as in 'Accept-Language: de'", flag, name))
	case !isFieldValue(value):
		return audit.Field{}, usageError(fmt.Sprintf("%s: the value of %s has a control character, such as the end of a line", flag, name))
	case name == "Host" && !isHost(value):
		return audit.Field{}, usageError(fmt.Sprintf("%s: the value of Host is not a host, such as example.org or example.org:8080", flag))
	}
	return audit.Field{Name: name, Values: []string{value}}, nil
}

// addFields adds the fields of a flag, each as 'NAME: VALUE', to a request.
func addFields(r *http.Request, flag string, fields []string) error {
	for _, text := range fields {
		field, err := parseField(flag, text)
		if err != nil {
			return err
		}
		if field.Name == "Host" {
			r.Host = field.Values[0]
			continue
		}
		r.Header.Add(field.Name, field.Values[0])
	}
	return nil
}

// checkSecret refuses a secret that cannot be sent in a field.
func checkSecret(secret string) error {
	if !isFieldValue(secret) {
		return usageError("the secret has a control character, such as the end of a line: it is sent in a field, which cannot have one")
	}
	return nil
}

// checkFieldNames refuses what is not the name of a field.
func checkFieldNames(flag string, names []string) error {
	for _, name := range names {
		if !rfc9111.IsFieldName(name) {
			return usageError(fmt.Sprintf("%s: %q is not the name of a field, such as X-Request-Id", flag, name))
		}
	}
	return nil
}

// isFieldValue reports whether a text has no control character except tabs (RFC 9110,
// section 5.5).
func isFieldValue(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// isHost reports whether a text is a host with or without a port (RFC 9110, section 7.2).
func isHost(text string) bool {
	u, err := url.Parse("http://" + text)
	return err == nil && text != "" && u.Host == text
}
