// A program with gin whose pages are cached.
package main

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	_ "github.com/larder-go/larder/backends/memstore"
)

func main() {
	router := gin.New()
	router.GET("/", gincache.CachePage(time.Minute), func(*gin.Context) {})
}
