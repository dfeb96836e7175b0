package house

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// sourceText is a file as the rules of words see it. Both texts are as long as the file, and
// what does not belong to them is blank, so that an offset gives the line.
type sourceText struct {
	path        string
	prose       string // comments and strings of Go, and Markdown outside of code
	identifiers []identifier
	lines       []int // the offset of each line
}

// identifier is one name in a Go file: its words, as "store for validation" for
// storeForValidation, and where it is.
type identifier struct {
	name, words string
	line        int
}

func (s *sourceText) line(offset int) int {
	i, found := slices.BinarySearch(s.lines, offset)
	if found {
		return i + 1
	}
	return i
}

// sourceTexts returns the Go and Markdown files under dir, of every module. Test data and
// hidden folders are left out, except .github.
func sourceTexts(dir string) (texts []*sourceText, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && d.Name() != ".github" && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir(), filepath.Ext(path) != ".go" && filepath.Ext(path) != ".md":
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		texts = append(texts, newSourceText(filepath.ToSlash(relative), string(content)))
		return err
	})
	return texts, err
}

func newSourceText(path, content string) *sourceText {
	s := &sourceText{path: path, lines: []int{0}}
	for i := range len(content) {
		if content[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	if strings.HasSuffix(path, ".go") {
		s.scanGo(content)
	} else {
		s.prose = flatten(withoutCode(content))
	}
	return s
}

// scanGo fills in the prose and the identifiers of a Go file.
func (s *sourceText) scanGo(content string) {
	prose := []byte(strings.Repeat(" ", len(content)))
	file := token.NewFileSet().AddFile(s.path, -1, len(content))
	var scan scanner.Scanner
	scan.Init(file, []byte(content), nil, scanner.ScanComments)
	for {
		pos, tok, literal := scan.Scan()
		offset := file.Offset(pos)
		switch tok {
		case token.EOF:
			s.prose = flatten(string(prose))
			return
		case token.IDENT:
			s.identifiers = append(s.identifiers, identifier{literal, splitWords(literal), s.line(offset)})
		case token.COMMENT, token.STRING:
			copy(prose[offset:], content[offset:offset+len(literal)])
		}
	}
}

// flatten turns what stands between two words into blanks: a phrase is found though a line
// ends within it.
func flatten(text string) string {
	return strings.NewReplacer("\n", " ", "\t", " ", "\r", " ", "//", "  ", "`", " ", "*", " ").Replace(text)
}

var markdownCode = regexp.MustCompile("(?ms)^ *```.*?^ *```|`[^`\n]*`")

// withoutCode blanks the fenced blocks and the code spans of a Markdown file.
func withoutCode(text string) string {
	return markdownCode.ReplaceAllStringFunc(text, func(code string) string {
		return strings.Map(func(r rune) rune {
			if r == '\n' {
				return r
			}
			return ' '
		}, code)
	})
}

// splitWords returns the words of a name in lower case: "http url of page" for HTTPURLOfPage is
// not seen, "httpurl of page" is; no rule needs more.
func splitWords(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte(' ')
		}
		if r == '_' {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// pattern is a sequence of words in lower case. A word that ends in * matches every word that
// begins so.
type pattern []string

// find returns where the text has the words of the pattern in sequence.
func (p pattern) find(text string) (at []int) {
	first := strings.TrimSuffix(p[0], "*")
	for from := 0; ; {
		i := strings.Index(text[from:], first)
		if i < 0 {
			return at
		}
		from += i
		if p.matches(text[from:]) && isWordStart(text, from) {
			at = append(at, from)
		}
		from += len(first)
	}
}

// matches reports whether text begins with the pattern.
func (p pattern) matches(rest string) bool {
	for i, word := range p {
		if i > 0 {
			rest = strings.TrimLeft(rest, " ")
		}
		prefix, open := strings.CutSuffix(word, "*")
		if !strings.HasPrefix(rest, prefix) {
			return false
		}
		rest = rest[len(prefix):]
		end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(rest)
		}
		if end > 0 && !open {
			return false
		}
		rest = rest[end:]
	}
	return true
}

func isWordStart(text string, at int) bool {
	return at == 0 || !unicode.IsLetter(rune(text[at-1])) && text[at-1] != '-'
}
