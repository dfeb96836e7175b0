// Command larder looks into the caches of a program and tends them: it reads
// the same settings, and uses the same keys and encodings.
//
//	larder check [ALIAS ...]                      settings, reachability, tables, versions
//	larder createcachetable [ALIAS] [--dry-run]   make the tables of PostgreSQL, or print the SQL
//	larder get KEY [--raw]
//	larder set KEY VALUE [--timeout 5m]           VALUE - is standard input
//	larder add KEY VALUE [--timeout 5m]           only if nothing is there
//	larder touch KEY [--timeout never]            a new timeout
//	larder delete KEY
//	larder incr KEY [--by N]                      and decr
//	larder clear --yes                            every entry of an alias
//	larder stats                                  what the servers count
//	larder explain URL [--run]                    why a page does or does not come from a cache
//	larder audit URL [--as 'Cookie: ...']         whether a page is safe to cache
//
// "larder COMMAND --help" explains the flags of each.
//
// # Which caches
//
// The settings are those of
//
//   - --settings FILE: JSON, as cache.ParseSettings reads it
//   - --url URL: one cache, the alias "default", as cache.ParseURL reads it
//   - the environment otherwise: LARDER_CACHE_DEFAULT, LARDER_CACHE_SESSIONS ...
//     with a URL each, as cache.SettingsFromEnv reads them
//
// A flag wins over the environment, which is then not read at all; both flags
// together are refused. Other users of the machine can see a command line:
// where the URL has a password, the file or the environment is the place for
// it. No output of the command contains one.
//
// --alias chooses among the caches; without it the command works on "default".
// An alias that hides outages from its program (on_error=miss, breaker_failures)
// does not hide them from this command. What a program keeps in its own memory,
// another process cannot see: on such an alias the command says so.
//
// # Values
//
// get prints an integer in decimal, a string or bytes as text, and any other
// value as JSON. Text that has control characters or is not UTF-8 is quoted as
// in Go source; --raw writes strings and bytes as they are and without a newline.
// With --json, text that is not UTF-8 is in base64 and says so:
// {"type":"text","encoding":"base64","value":"/w=="}. set and add store a
// string, or with --bytes, --int or --json-value bytes, an integer, or what
// JSON stands for.
//
// An argument that begins with a dash goes behind two: larder set --int k -- -5.
//
// # Explanations
//
// explain works with no cache of its own: it asks the server that has the page,
// with the fields of -H. With the secret that the server was given as
// middleware.Explain, in the environment as LARDER_EXPLAIN, it prints the
// server's account of the decision, and with --run has the server run the handler
// and say what would become of its response; nothing is stored and no page is
// sent. Without a secret it fetches the page, and says in words what its
// Cache-Status says.
//
// # Audits
//
// audit asks the server for a page about five hundred times, with one thing of the request
// changed each time, and says which of them changed the response without being declared,
// and the line of code that is missing: see package pagetest, which does it in tests. The
// server runs the page's handler for each, past its caches, and nothing is stored. It takes
// the secret of middleware.Explain; without it nothing is judged, since what is stored says
// nothing of the handler. All requests are GET, and those that name another method name HEAD
// or OPTIONS.
//
// --as 'Cookie: session=...' asks as a real user, too. With fewer than two, users are not
// judged. Excerpts of pages are shown, theirs too.
//
// # Secrets
//
// The secret goes to the host of the URL only, without a proxy and without following
// redirects, and to another machine than this one only with --remote.
//
// # Output and exit codes
//
// Nothing that a cache, a server or the settings say can drive a terminal: characters
// that could do more than be shown are written as escapes, such as \u001b, with --json
// too. get --raw is the exception.
//
// With --json each result is a line of JSON on standard output, and each error
// one on standard error, {"error":{"kind":"unavailable","message":"..."}}. The
// exit code is
//
//	0  done
//	1  the answer is no: the key is not there (get, touch, delete, incr, decr),
//	   or something is (add), the server did not explain (explain), or the page is
//	   unsafe to cache (audit)
//	2  a mistake in the command or the settings, or what the entry does not allow
//	   (a counter that is no integer, a value that is too large). A set of a value
//	   that is too large leaves nothing under the key, and a createcachetable may
//	   have made the tables of other aliases; else nothing was changed
//	3  it failed: the backend cannot be reached or used (a wrong password, a
//	   missing table, too old a server). A clear that failed may have removed a part
//	4  something could not be judged, and nothing is unsafe (audit)
//
// so that a script can tell a miss from an outage. check ends with the greatest
// code of its aliases, all of which it checks.
//
// --wait bounds the whole of a command, by default to 10 seconds; each alias of
// a check has that long for itself, and all are checked at the same time. Each request
// of an audit has that long.
package main
