// The application on Fiber.
package main

import (
	"log"

	"github.com/gofiber/fiber/v3"

	"unrig.test/application/row"
	"unrig.test/application/start"
)

func main() {
	source, listener := start.Open()
	// Else it answers to /test/ and /TEST as well.
	app := fiber.New(fiber.Config{StrictRouting: true, CaseSensitive: true})
	app.Get("/test", func(c fiber.Ctx) error {
		body, err := source.Answer(c.Query("a"), c.RequestCtx().QueryArgs().Has("a"))
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, row.ContentType)
		return c.Send(body)
	})
	log.Fatal(app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}))
}
