package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed sections.txt
var sectionsText string

// section is a section of an RFC.
type section struct {
	source
	title    string
	requires bool // something of a cache
}

// sections are those of sections.txt, in its order.
var sections = parseSections(sectionsText)

func parseSections(text string) []section {
	var list []section
	work := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "RFC "):
			work = line
		default:
			line, requires := strings.CutPrefix(line, "*")
			place, title, _ := strings.Cut(line, " ")
			list = append(list, section{source{work, place}, title, requires})
		}
	}
	return list
}

// title returns the title of a source's section, or an error if the source is an RFC's and
// there is no such section.
func (s source) title() (string, error) {
	if !s.isRFC() {
		return "", nil
	}
	at := slices.IndexFunc(sections, func(known section) bool { return known.source == s })
	if at < 0 {
		return "", fmt.Errorf("%s is not in internal/gen/rules/sections.txt", s)
	}
	return sections[at].title, nil
}

// url returns the address of a section of an RFC.
func (s source) url() string {
	number := strings.TrimPrefix(s.work, "RFC ")
	return "https://www.rfc-editor.org/rfc/rfc" + number + ".html#section-" + s.place
}
