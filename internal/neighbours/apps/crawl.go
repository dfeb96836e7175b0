package apps

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"slices"
)

var link = regexp.MustCompile(`(?:href|src)="([^"#]+)`)

// Crawl follows the links of an application from its first pages, breadth first,
// and returns the targets that visitor was answered 200 or redirected at, at most limit
// of them. It leaves out other hosts and the targets that match skip, such as the one
// that ends a session.
func Crawl(ctx context.Context, v *Visitor, base string, limit int, skip *regexp.Regexp, first ...string) ([]string, error) {
	found := slices.Clone(first)
	for i := 0; i < len(found); i++ {
		answer, err := v.Ask(ctx, base, Request{Target: found[i]})
		if err != nil {
			return nil, err
		}
		for _, next := range links(found[i], answer) {
			if len(found) < limit && !slices.Contains(found, next) && (skip == nil || !skip.MatchString(next)) {
				found = append(found, next)
			}
		}
	}
	return found, nil
}

// links returns the targets on the same host that an answer leads to.
func links(from string, answer Answer) []string {
	page, err := url.Parse(from)
	if err != nil {
		return nil
	}
	var raw []string
	if location := answer.Header.Get("Location"); location != "" {
		raw = append(raw, location)
	}
	for _, match := range link.FindAllSubmatch(answer.Body, -1) {
		raw = append(raw, html.UnescapeString(string(match[1])))
	}
	var targets []string
	for _, reference := range raw {
		next, err := page.Parse(reference)
		if err != nil || next.Host != "" && next.Hostname() != Host || next.Scheme != "" && next.Scheme != "http" {
			continue
		}
		targets = append(targets, next.RequestURI())
	}
	return targets
}
