package main

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
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
	case string:
		if !utf8.ValidString(v) {
			return map[string]any{"base64": []byte(v)}
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
		return plainMap(v)
	}
	return v
}

// plainMap is plain for a map. A name that is not UTF-8 is quoted as in Go source.
func plainMap(m map[string]any) map[string]any {
	readable := make(map[string]any, len(m))
	for name, value := range m {
		if !utf8.ValidString(name) {
			name = strconv.Quote(name)
		}
		readable[name] = plain(value)
	}
	return readable
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
