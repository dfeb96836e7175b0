package pages

import (
	"context"
	"net"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cache"
)

// Fiber is the cache of fiber, on fasthttp: a server of its own that has little
// to do with net/http.
var Fiber = Rival{Name: "fiber", Module: "github.com/gofiber/fiber/v2", Serve: serveFiber}

func serveFiber(_ context.Context, p *Page) (string, func(), error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	// It counts the bytes of bodies.
	app.Use(cache.New(cache.Config{Expiration: p.TTL, StoreResponseHeaders: true, MaxBytes: uint(p.Room * len(p.Body))}))
	app.Get(Path+"/:page?", func(c *fiber.Ctx) error {
		body := p.make()
		c.Set(fiber.HeaderContentType, contentType)
		c.Set(fiber.HeaderCacheControl, "public, max-age="+seconds(p.TTL))
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		return c.Send(body)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = app.Listener(listener) // it ends at Shutdown
	}()
	return listener.Addr().String(), func() {
		_ = app.Shutdown() // nothing is left to lose
		<-served
	}, nil
}
