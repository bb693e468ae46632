package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// ask is the script command http.
func ask(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: http STATUS METHOD PATH [NAME: VALUE]... [@FILE|{JSON}]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	headers := map[string]string{"Authorization": "Bearer " + ts.Getenv("token")}
	var body io.Reader
	for _, arg := range args[3:] {
		switch name, value, isHeader := strings.Cut(arg, ": "); {
		case strings.HasPrefix(arg, "@"):
			text, err := os.ReadFile(ts.MkAbs(arg[1:]))
			ts.Check(err)
			body = bytes.NewReader(text)
		case strings.HasPrefix(arg, "{"):
			body = strings.NewReader(arg)
			headers["Content-Type"] = "application/json"
		case isHeader:
			headers[name] = value
		default:
			ts.Fatalf("what is %q?", arg)
		}
	}
	r, err := http.NewRequest(args[1], ts.Getenv("url")+args[2], body)
	ts.Check(err)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	_, err = io.Copy(ts.Stdout(), answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != want {
		ts.Fatalf("%s %s answers %d, want %d", args[1], args[2], answer.StatusCode, want)
	}
}

// setMember is the script command member.
func setMember(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: member NAME PATH")
	}
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	for _, step := range strings.Split(args[1], ".") {
		switch d := doc.(type) {
		case map[string]any:
			doc = d[step]
		case []any:
			i, err := strconv.Atoi(step)
			if ts.Check(err); i >= len(d) {
				ts.Fatalf("there are %d, no %d", len(d), i)
			}
			doc = d[i]
		}
	}
	switch v := doc.(type) {
	case string:
		ts.Setenv(args[0], v)
	case float64:
		ts.Setenv(args[0], strconv.FormatFloat(v, 'f', -1, 64))
	default:
		ts.Fatalf("%s is %v", args[1], v)
	}
}
