package main

import "testing"

// What a flag says is read in one way by all commands: a field that cannot be sent is a
// mistake on the command line (RFC 9110, sections 5.1 and 5.5), and not a failure.
func TestAMalformedFieldIsAMistakeOnTheCommandLine(t *testing.T) {
	for _, flag := range [][]string{{"explain", "-H"}, {"audit", "-H"}, {"audit", "--as"}, {"audit", "--change"}} {
		for field, says := range map[string]string{
			"shop":             "takes a field, such as 'Accept-Language: de'",
			":" + marker:       `: "" is not the name of a field`,
			"X Y: " + marker:   `: "X Y" is not the name of a field`,
			"Größe: 1":         "is not the name of a field",
			"X(y): 1":          "is not the name of a field",
			"X: a\nb" + marker: ": the value of X has a control character",
			"X: a\x00b":        ": the value of X has a control character",
			"Host: a b":        ": the value of Host is not a host",
			"host: a/b":        ": the value of Host is not a host",
			"Host: u@h":        ": the value of Host is not a host",
			"Host:":            ": the value of Host is not a host",
		} {
			o := larder(t, flag[0], "http://localhost:1/", flag[1], field)
			o.says(t, exitUsage, flag[1], says)
			wantNoMarker(t, o)
		}
	}
	for _, secret := range []string{marker + "\n", "\x00" + marker, marker + "\x7f"} {
		for _, command := range []string{"explain", "audit"} {
			o := larder(t, command, "http://localhost:1/", "--secret", secret)
			o.says(t, exitUsage, "the secret has a control character")
			wantNoMarker(t, o)
		}
	}
}

func TestFieldsAsTheyAreSent(t *testing.T) {
	site := website(t)
	t.Setenv("LARDER_EXPLAIN", "let-me-see")
	larder(t, "explain", site+"/page", "-H", " host :  shop.example:8080 ").says(t, exitDone, "GET /page of shop.example:8080")
	larder(t, "explain", site+"/page", "-H", "COOKIE:session=a:b").says(t, exitDone, "undeclared cookie          session")
	larder(t, "explain", site+"/page", "-H", "X-Empty:", "-H", "X-Tab: a\tb", "-H", "X-Text: grün").says(t, exitDone, "GET /page of 127.0.0.1")
}
