package cache

import (
	"errors"
	"strings"
)

// foreignBackends maps what Django and its neighbours call a backend, the class of a
// dotted path or the scheme of a URL, in lower case, to larder's name.
var foreignBackends = map[string]string{
	"locmemcache":     "memory",
	"locmem":          "memory",
	"filebasedcache":  "file",
	"filecache":       "file",
	"rediscache":      "redis",
	"memcachedcache":  "memcached",
	"pylibmccache":    "memcached",
	"pymemcachecache": "memcached",
	"memcache":        "memcached",
	"pymemcache":      "memcached",
	"databasecache":   "postgres",
	"dbcache":         "postgres",
	"dummycache":      "dummy",
}

// foreignBackend returns what a name that is no backend is called here, or "".
func foreignBackend(name string) string {
	return foreignBackends[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])]
}

// memberHints are the members of Django's settings that have another name or place.
var memberHints = map[string]string{
	"key_function":   "it is called key_func, and names a function that was given to cache.RegisterKeyFunc",
	"prefix":         "it is called key_prefix; prefix is its name in a URL",
	"max_entries":    "it is one of the backend's options: write it into options",
	"cull_frequency": "leave it out: how much is removed at once is the backend's choice",
}

// errLocationList refuses a list of servers, as Django has it.
var errLocationList = errors.New("location is a list: it must be one string; " +
	"several Memcached servers are memcached://10.0.0.1:11211,10.0.0.2:11211, and of several Redis servers " +
	"the first is the location and the others, its replicas, are the option replicas")

// pythonHint says what a text that is not JSON would be, where it is Python's.
func pythonHint(text string) string {
	for python, hint := range map[string]string{
		"None":  "None is null in JSON",
		"True":  "True is true in JSON",
		"False": "False is false in JSON",
		"'":     "strings have double quotes in JSON",
		"#":     "JSON has no comments",
	} {
		if strings.HasPrefix(text, python) {
			return ": " + hint
		}
	}
	return ""
}

// queryHint says what a parameter of a URL is called there that JSON or Django has
// under the name, or "".
func queryHint(name string) string {
	lower := strings.ToLower(name)
	switch lower {
	case "key_prefix":
		return "prefix"
	case "key_function":
		return "key_func"
	}
	for _, f := range urlFields {
		if lower == f.name && lower != name {
			return f.name
		}
	}
	return ""
}
