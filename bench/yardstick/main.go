// Command yardstick is the limit that the benchmarks hold the server against:
// a bare net/http handler that answers the bytes of one file with no work. From
// memory it sets a content type and a length and nothing else; with -serve it is
// http.ServeContent of the file itself, which the kernel sends.
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
	serve := flag.Bool("serve", false, "serve the file itself, not its bytes from memory")
	flag.Parse()
	server := &http.Server{Addr: *listen, ReadHeaderTimeout: 10 * time.Second}
	if *serve {
		server.Handler = fromFile(*file, *contentType)
	} else {
		server.Handler = fromMemory(*file, *contentType)
	}
	log.Fatal(server.ListenAndServe())
}

func fromFile(path, contentType string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(path) // #nosec G304 -- the file to measure with
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer func() { _ = file.Close() }()
		w.Header().Set("Content-Type", contentType)
		http.ServeContent(w, r, "", time.Time{}, file)
	})
}

func fromMemory(path, contentType string) http.Handler {
	body, err := os.ReadFile(path) // #nosec G304 -- the file to measure with
	if err != nil {
		log.Fatal(err)
	}
	kind, length := []string{contentType}, []string{strconv.Itoa(len(body))}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header["Content-Type"], header["Content-Length"] = kind, length
		_, _ = w.Write(body) // a client that has gone is no news here
	})
}
