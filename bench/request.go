package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"chartline/bench/load"
	"chartline/bench/proc"
)

// asks makes GET requests with a bearer token; path appends each one's path,
// and more holds further header lines.
func asks(server *proc.Server, token string, path func(dst []byte) []byte, more ...string) load.Target {
	tail := " HTTP/1.1\r\nHost: " + server.Addr.String() + "\r\nAuthorization: Bearer " + token + "\r\n"
	for _, line := range more {
		tail += line + "\r\n"
	}
	tail += "\r\n"
	return load.Target{Addr: server.Addr, Status: http.StatusOK, Request: func(dst []byte) []byte {
		dst = append(dst, "GET "...)
		return append(path(dst), tail...)
	}}
}

// anyOf gives numbers from low to high in an order that both sides of a
// comparison share.
func anyOf(low, high int) func() int {
	rng := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- which row to ask for
	return func() int { return low + rng.IntN(high-low+1) }
}

// oneAfterAnother gives low, low+1, ... high, low, ...
func oneAfterAnother(low, high int) func() int {
	next := low - 1
	return func() int {
		if next++; next > high {
			next = low
		}
		return next
	}
}

// fetch asks once and gives the answer's body, which must have the wanted status.
func fetch(target load.Target) (body []byte, contentType string, err error) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(target.Request(nil))))
	if err != nil {
		return nil, "", fmt.Errorf("a request of ours: %w", err)
	}
	req.RequestURI, req.URL.Scheme, req.URL.Host = "", "http", target.Addr.String()
	client := http.Client{Timeout: 60 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		return nil, "", err
	}
	if res.StatusCode != target.Status {
		return nil, "", fmt.Errorf("status %d, want %d: %.300s", res.StatusCode, target.Status, body)
	}
	return body, res.Header.Get("Content-Type"), nil
}
