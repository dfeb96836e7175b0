// Package fragment caches parts of pages that html/template makes: a menu, a list of
// the newest, or anything slow that many pages share. It renders a named template once
// for all pages that show it, and keeps the markup in a cache.
//
// Templates say where a fragment stands and what it depends on, and the program
// where it is kept and for how long:
//
//	{{define "page"}}<h1>{{.Title}}</h1>{{fragment "sidebar" .Menu .Lang}}{{end}}
//	{{define "sidebar"}}<ul>{{range .}}<li><a href="{{.URL}}">{{.Name}}</a>{{end}}</ul>{{end}}
//
//	pages, err := fragment.New(
//		template.Must(template.New("").Funcs(fragment.Funcs()).ParseFS(files, "*.html")),
//		fragment.For("sidebar", fragment.Timeout(cache.After(5*time.Minute))),
//	)
//	...
//	err = pages.Execute(r.Context(), w, "page", data)
//
// {{fragment "sidebar" .Menu .Lang}} shows what {{template "sidebar" .Menu}}
// would, byte for byte: the template is escaped as it always is. The fragment depends
// on the arguments after the data. Requests with the same values get the same markup,
// so everything in the data that differs between users must be among them. They are
// strings, booleans, numbers, what has a MarshalText, and pointers to these; 7, 7.0 and
// "7" are the same, and nil is an error. Clients that choose them choose how many
// entries there are: keep fragments in a cache that is bounded.
//
// A fragment stands where a paragraph could: not in a tag, an attribute, a script,
// a style, a title or a comment, and not as a part of another action. New says so
// of templates where one does, as far as it can see: a template that is only
// called from within a tag is not looked at.
//
// # Keys and versions
//
// [Key] is the key of a fragment in its cache, made of its name and what it
// depends on, and [Set.Delete] deletes it: that is how a change shows before the
// timeout. A fragment that is being rendered meanwhile is not stored.
//
// An entry knows the text of the templates that it was made by, its own and
// those that it includes: when they change, it is refreshed. So no page shows
// markup of an older release, and while two releases run at once each shows its
// own. They then replace each other's entries; what they share stays correct.
// Changes of functions and of types in Go cannot be seen: change the [cache.Version] of
// the alias, or the text. Nor can it be seen that two sets of the same text have
// different functions, such as one set for each language: give each a [KeyPrefix], or
// name the language among the values. Two sets that have different templates of one name
// need aliases or names of their own, or they replace each other's entries, too.
//
// # Misses
//
// If several requests need a fragment at the same time, one renders it, in a goroutine
// and with a context of its own, as [cache.Loader] says: it may go on when the request
// that started it is over, so the data must not change after they are passed in. An
// error in the template stores nothing and is returned to all that wait. If the cache
// fails, fragments are rendered anyway, still once for concurrent requests.
package fragment
