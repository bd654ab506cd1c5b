// The application on net/http.
package main

import (
	"log"
	"net/http"

	"unrig.test/application/row"
	"unrig.test/application/start"
)

func main() {
	source, listener := start.Open()
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
