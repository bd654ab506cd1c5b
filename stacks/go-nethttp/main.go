// The application on net/http.
package main

import (
	"log"
	"net/http"
	"os"

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
	routes := http.NewServeMux()
	routes.HandleFunc("GET /test", func(answer http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		body, err := source.Answer(query.Get("a"), query.Has("a"))
		if err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
			return
		}
		answer.Header().Set("Content-Type", row.ContentType)
		answer.Write(body)
	})
	log.Fatal(http.Serve(listener, routes))
}
