// Command yardstick is the limit that the benchmarks hold the server against:
// a bare net/http handler that answers the bytes of one file with no work.
// It sets a content type and a length and nothing else.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	file := flag.String("body", "", "file to answer with")
	contentType := flag.String("type", "application/json", "content type to answer with")
	flag.Parse()
	body, err := os.ReadFile(*file)
	if err != nil {
		log.Fatal(err)
	}
	kind, length := []string{*contentType}, []string{strconv.Itoa(len(body))}
	server := &http.Server{
		Addr:              *listen,
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			header := w.Header()
			header["Content-Type"], header["Content-Length"] = kind, length
			_, _ = w.Write(body) // a client that has gone is no news here
		}),
	}
	log.Fatal(server.ListenAndServe())
}
