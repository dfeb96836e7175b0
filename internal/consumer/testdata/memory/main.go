// A program that caches in memory only, and uses PostgreSQL and Redis itself.
package main

import (
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/middleware"
)

func main() {
	_, _ = pgx.ParseConfig("postgres://localhost/shop")
	_ = redis.NewClient(&redis.Options{Addr: "localhost:6379"}).Close()
	_ = middleware.CachePage(time.Minute)(http.NotFoundHandler())
}
