package neighbours

import (
	"net/http"
	"testing"

	gincors "github.com/gin-contrib/cors"
	chicors "github.com/go-chi/cors"
	"github.com/gorilla/handlers"
	echo4mw "github.com/labstack/echo/v4/middleware"
	echo5mw "github.com/labstack/echo/v5/middleware"
	rscors "github.com/rs/cors"
)

// ourOrigins are the sites whose scripts may read pages. They vary by Origin.
var ourOrigins = []string{"https://ada.example", "https://bob.example"}

// origins has each user's browser on a site of its own.
func origins(user string) http.Header {
	return http.Header{"Origin": {"https://" + user + ".example"}}
}

// corsRows answer preflights themselves, and allow two origins.
var corsRows = []neighbour{
	{
		name: "rs-cors", fields: origins,
		http: func(*testing.T) wrapper {
			return rscors.New(rscors.Options{AllowedOrigins: ourOrigins, AllowedMethods: []string{"GET", "HEAD", "PUT"}}).Handler
		},
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
	{
		name: "chi-cors", fields: origins,
		http: func(*testing.T) wrapper {
			return chicors.Handler(chicors.Options{AllowedOrigins: ourOrigins, AllowedMethods: []string{"GET", "HEAD", "PUT"}})
		},
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
	{
		name: "gorilla-cors", fields: origins,
		http: func(*testing.T) wrapper {
			return handlers.CORS(handlers.AllowedOrigins(ourOrigins), handlers.AllowedMethods([]string{"GET", "HEAD", "PUT"}))
		},
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
	{
		name: "gin-cors", fields: origins,
		gin: func(*testing.T) middlewares {
			return middlewares{gin: gincors.New(gincors.Config{AllowOrigins: ourOrigins, AllowMethods: []string{"GET", "HEAD", "PUT"}})}
		},
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
	{
		name: "echo4-cors", fields: origins,
		echo4: func(*testing.T) middlewares {
			return middlewares{echo4: echo4mw.CORSWithConfig(echo4mw.CORSConfig{AllowOrigins: ourOrigins})}
		},
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
	{
		name: "echo5-cors", fields: origins,
		echo5: func(*testing.T) middlewares {
			return middlewares{echo5: echo5mw.CORSWithConfig(echo5mw.CORSConfig{AllowOrigins: ourOrigins})}
		},
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
	{
		name: "rs-cors-any", fields: origins,
		http:    func(*testing.T) wrapper { return rscors.AllowAll().Handler },
		inside:  expectation{fate: perUser, runs: preflightInside},
		outside: expectation{fate: perUser, runs: preflightOutside},
	},
}

// The preflight does not reach the handler.
var (
	preflightInside  = map[string]int32{"methods": 3}
	preflightOutside = map[string]int32{"methods": 3}
)
