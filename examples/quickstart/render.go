package main

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed templates
var templates embed.FS

var (
	overviewPage = parsePage("overview.html")
	packagePage  = parsePage("package.html")
	cachePage    = parsePage("cache.html")
	errorPage    = parsePage("error.html")
)

// parsePage returns the template of a page within the layout that all share.
func parsePage(name string) *template.Template {
	funcs := template.FuncMap{"number": number, "parts": parts}
	return template.Must(template.New("layout.html").Funcs(funcs).Option("missingkey=error").ParseFS(templates, "templates/layout.html", "templates/"+name))
}

// number groups digits by three: 1,234,567. n is not negative.
func number(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	rest := strconv.Itoa(n % 1000)
	return number(n/1000) + ",000"[:4-len(rest)] + rest
}

// parts returns an import path in the parts between which a line may break.
func parts(path string) []string { return strings.SplitAfter(path, "/") }

// document is what the layout shows.
type document struct {
	Content any
	URL     string        // of this page
	Made    time.Time     // when it was rendered
	Took    time.Duration // the time from the request to there
}

// render answers with a page. Nothing is sent before it is complete, so that a
// page is whole or an error.
func render(w http.ResponseWriter, r *http.Request, status int, page *template.Template, began time.Time, content any) {
	now := time.Now()
	doc := document{
		Content: content,
		URL:     "http://" + r.Host + r.URL.RequestURI(),
		Made:    now,
		Took:    now.Sub(began).Round(10 * time.Microsecond),
	}
	var body bytes.Buffer
	if err := page.Execute(&body, doc); err != nil {
		slog.ErrorContext(r.Context(), "a page could not be rendered", "path", r.URL.Path, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client has left: nothing can be reported to it
}

// fail answers with a page that says what is wrong.
func fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	render(w, r, status, errorPage, time.Now(), map[string]any{
		"Status":  status,
		"Text":    http.StatusText(status),
		"Message": message,
	})
}

// failInternally says in the log what is wrong, and not to the visitor.
func failInternally(w http.ResponseWriter, r *http.Request, err error) {
	slog.ErrorContext(r.Context(), "the report could not be made", "path", r.URL.Path, "error", err)
	fail(w, r, http.StatusInternalServerError, "the report could not be made; the log says why")
}
