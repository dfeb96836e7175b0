package pagetest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/middleware/pagetest"
)

func ExampleAuditor_Run() {
	news := func(w http.ResponseWriter, r *http.Request) {
		title := "News"
		if r.Header.Get("Accept-Language") == "de" {
			title = "Nachrichten"
		}
		fmt.Fprintf(w, "<h1>%s</h1>", title)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /news", middleware.CachePage(time.Minute)(http.HandlerFunc(news)))

	report := pagetest.Auditor{}.Run(mux, httptest.NewRequest("GET", "/news", nil))
	for _, f := range report.Findings() {
		if f.Verdict == pagetest.Unsafe {
			fmt.Println(f.Page, f.Input)
			fmt.Println(f.Change)
			fmt.Println(f.Line)
		}
	}
	// Output:
	// GET /news Accept-Language: de
	// "<h1>Nachrichten</h1>", not "<h1>News</h1>"
	// middleware.VaryByHeader("Accept-Language")
}
