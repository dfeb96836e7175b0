// A program with echo whose pages are cached.
package main

import (
	"time"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	_ "github.com/larder-go/larder/backends/memstore"
)

func main() {
	e := echo.New()
	e.GET("/", func(echo.Context) error { return nil }, echocache.CachePage(time.Minute))
}
