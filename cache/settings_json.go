package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ParseSettings reads settings in JSON: an object with an alias for each
// member, whose value is an object or a URL as [ParseURL] takes it:
//
//	{
//	  "default":  {"backend": "memory", "timeout": "5m", "options": {"max_entries": 50000}},
//	  "sessions": "file:///var/cache/sessions?timeout=never"
//	}
//
// The members of a cache are backend, location, options, timeout (seconds, a
// duration such as "5m", or null or "never" for never), key_prefix, version,
// key_func, codec, compression, compress_min, max_decompressed, on_error
// ("return" or "miss"), on_wrong_type (the same), breaker_failures, breaker_cooldown and, of alias
// "default" only, max_in_flight; names are matched
// without regard to case, as Django's BACKEND is. Unknown members and members
// given twice are errors. All errors are reported at once, with alias, line and
// column, and match ErrInvalidSettings.
func ParseSettings(data []byte) (Settings, error) {
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		at := syntaxOffset(err)
		return nil, fmt.Errorf("%w: %s: JSON: %w%s", ErrInvalidSettings, position(data, at), err, pythonHint(string(data[at:])))
	}
	p := settingsParser{text: data}
	settings := p.settings()
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return settings, nil
}

// UnmarshalJSON is [ParseSettings], so that Settings can be a part of a larger
// configuration. Lines and columns then count from the beginning of that part.
func (s *Settings) UnmarshalJSON(data []byte) error {
	parsed, err := ParseSettings(data)
	if err == nil {
		*s = parsed
	}
	return err
}

// settingsParser reads settings from a text that is known to be JSON. It takes
// the objects apart itself, since package json tells neither where an unknown
// member is nor that one is given twice.
type settingsParser struct {
	text []byte
	errs []error

	counted   int // how much of text the next two have counted
	lines     int // before counted
	lineStart int // of the line at counted
}

func (p *settingsParser) fail(at int, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%w: %s: "+format, slices.Concat([]any{ErrInvalidSettings, p.position(at)}, args)...))
}

// position is the function of that name for a text in which errors are found from the
// beginning to the end, so that many of them do not count its lines as often.
func (p *settingsParser) position(at int) string {
	if at < p.counted {
		p.counted, p.lines, p.lineStart = 0, 0, 0
	}
	more := p.text[p.counted:at]
	p.lines += bytes.Count(more, []byte("\n"))
	if last := bytes.LastIndexByte(more, '\n'); last >= 0 {
		p.lineStart = p.counted + last + 1
	}
	p.counted = at
	return place(p.lines, p.text[p.lineStart:at])
}

func (p *settingsParser) settings() Settings {
	text := bytes.TrimLeft(p.text, " \t\r\n")
	at := len(p.text) - len(text)
	if text[0] != '{' {
		p.fail(at, "settings must be an object with a member for each alias")
		return nil
	}
	settings := make(Settings)
	for _, m := range jsonMembers(text, at) {
		if _, twice := settings[m.name]; twice {
			p.fail(m.at, "alias %q is given twice", m.name)
		}
		if strings.EqualFold(m.name, "max_in_flight") && m.value[0] != '{' {
			p.fail(m.at, "max_in_flight is a member of alias %q", DefaultAlias)
			continue
		}
		settings[m.name] = p.config(m)
	}
	return settings
}

// config reads the settings of one alias.
func (p *settingsParser) config(alias jsonMember) (cfg Config) {
	switch alias.value[0] {
	case '{':
		p.configMembers(&cfg, alias)
	case '"':
		var err error
		if cfg, err = parseURL(decodeJSON(alias.value).(string)); err != nil {
			p.fail(alias.at, "alias %q: %w", alias.name, err)
		}
	default:
		p.fail(alias.at, "alias %q must be an object or a URL", alias.name)
	}
	return cfg
}

func (p *settingsParser) configMembers(cfg *Config, alias jsonMember) {
	seen := make(map[string]bool)
	for _, m := range jsonMembers(alias.value, alias.valueAt) {
		name := strings.ToLower(m.name)
		i := slices.IndexFunc(jsonFields, func(f field) bool { return f.name == name })
		if i < 0 {
			if hint, ok := memberHints[name]; ok {
				p.fail(m.at, "alias %q: unknown member %q: %s", alias.name, m.name, hint)
			} else {
				p.fail(m.at, "alias %q: unknown member %q: the members are %s", alias.name, m.name, fieldNames(jsonFields))
			}
			continue
		}
		if seen[name] {
			p.fail(m.at, "alias %q: member %q is given twice", alias.name, m.name)
		}
		seen[name] = true
		if err := jsonFields[i].set(cfg, decodeJSON(m.value)); err != nil {
			p.fail(m.at, "alias %q: %w", alias.name, err)
		}
	}
}

func fieldNames(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// jsonMember is a member of an object, and where in the text it is.
type jsonMember struct {
	name    string
	at      int // where the name begins
	value   []byte
	valueAt int
}

// jsonMembers returns the members of an object, which is known to be JSON and
// begins at at.
func jsonMembers(object []byte, at int) (members []jsonMember) {
	dec := json.NewDecoder(bytes.NewReader(object))
	_, _ = dec.Token() // the brace; the text is JSON, so nothing here fails
	for dec.More() {
		end := int(dec.InputOffset()) // of what comes before the name: a brace, or a value
		nameAt := end + bytes.IndexByte(object[end:], '"')
		name, _ := dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		members = append(members, jsonMember{
			name:    name.(string),
			at:      at + nameAt,
			value:   value,
			valueAt: at + int(dec.InputOffset()) - len(value),
		})
	}
	return members
}

// decodeJSON returns the value of text, which is known to be JSON, with
// numbers as they are written.
func decodeJSON(text []byte) (v any) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	_ = dec.Decode(&v)
	return v
}

// syntaxOffset returns the index of the byte at which a text is not JSON.
func syntaxOffset(err error) int {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return 0
	}
	return max(int(syntax.Offset)-1, 0)
}

// position tells where the byte with index at is, as editors count: from 1,
// and in characters.
func position(text []byte, at int) string {
	p := settingsParser{text: text}
	return p.position(at)
}

// place is the position after so many lines and what of the next is before it.
func place(lines int, before []byte) string {
	return fmt.Sprintf("line %d, column %d", 1+lines, 1+utf8.RuneCount(before))
}
