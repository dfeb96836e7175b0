package main

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// readable returns a cached value in a form that encoding/json takes, and what
// kind of value it is.
func readable(value any) (kind string, shown any) {
	switch v := value.(type) {
	case nil:
		return "nil", nil
	case int64:
		return "integer", v
	case string:
		return "text", v
	case []byte:
		return "bytes", v
	}
	return "value", plain(value)
}

// plain replaces what JSON has no form for.
func plain(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case big.Int:
		return &v
	case cbor.Tag:
		return map[string]any{"tag": v.Number, "content": plain(v.Content)}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return v
}

// asText returns what a terminal can show.
func asText(kind string, shown any) (string, error) {
	switch v := shown.(type) {
	case string:
		if kind == "text" {
			return printable(v), nil
		}
	case []byte:
		return printable(string(v)), nil
	}
	var b strings.Builder
	if err := writeJSON(&b, shown); err != nil {
		return "", fmt.Errorf("the value has no form in JSON: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// printable returns text, quoted if it could do more to a terminal than be
// shown.
func printable(text string) string {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, isControl) {
		return strconv.Quote(text)
	}
	return text
}

func isControl(r rune) bool {
	return r != '\n' && r != '\t' && !unicode.IsPrint(r)
}
