// Package start is what each server does before it serves.
package start

import (
	"log"
	"net"
	"os"

	"unrig.test/application/data"
	"unrig.test/application/listening"
	"unrig.test/application/settings"
)

// Open makes what answers and what is listened to, as the environment says. Where that fails it
// says why and ends the program.
func Open() (*data.Source, net.Listener) {
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
	return source, listener
}
