// The application on Fiber.
package main

import (
	"log"
	"os"

	"github.com/gofiber/fiber/v3"

	"unrig.test/application/data"
	"unrig.test/application/listening"
	"unrig.test/application/row"
	"unrig.test/application/settings"
)

func main() {
	told, err := settings.Read(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	source, err := data.Open(told.Database)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := listening.Open(told)
	if err != nil {
		log.Fatal(err)
	}
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
