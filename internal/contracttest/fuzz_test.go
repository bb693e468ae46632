package contracttest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/testkit"
)

// percent escapes every byte: a name that is sent so has no meaning for a path.
func percent(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		b.WriteString("%" + string(hex[name[i]>>4]) + string(hex[name[i]&15]))
	}
	return b.String()
}

// FuzzRecordingNames stores a recording under any name and asks for it: it is
// found, under that name. What cannot be a name is nobody's.
func FuzzRecordingNames(f *testing.F) {
	for _, name := range []string{
		"1771585033302", "x", "rec/x.mp4", "a/b/c.WAV", ".mp4", "/", "//", "a/", "/a", "..", ".", "../../etc/passwd", "%2F", "a%", "?", "#", "a b", "+",
		"\x00", "a\x00", "\xff", "\r\n", "\u202e3pm", "日本", "é", "e\u0301", strings.Repeat("n", 1024), strings.Repeat("n", 1025), "' OR 1=1", "_", "*", "ß.Mp4", "İ.MP4", "",
	} {
		f.Add(name)
	}
	w := newWorld(f)
	scope := care.Scope{Tenant: "acme-health", Instance: "live"}
	file := mediaFile(f, "fuzz.wav")
	auth := []string{"Authorization: Bearer " + w.vars["token"]}
	f.Fuzz(func(t *testing.T, name string) {
		w.t = t
		if name == "/" {
			return // http.ServeMux takes a segment that is only %2F for the end of the path
		}
		_, err := w.kit.Recordings.Upload(t.Context(), testkit.Operator(), recordings.Upload{
			Scope: scope, Name: name, ContentType: file.contentType, Consent: care.ConsentGiven,
			Owner: care.Owner{Kind: care.OwnerSession, ID: "65d483a9b7c1e2f3a4b5c6d7"},
		}, bytes.NewReader(file.bytes))
		got := w.serveRaw(w.request("GET", "/api/service/v1/encounter-from-recording/"+percent(name), auth, nil), "")
		if err != nil {
			if care.KindOf(err) != care.KindInvalid || care.CheckRecordingName(name) == nil {
				t.Fatalf("%q is not taken: %v", name, err)
			}
			if got.status != http.StatusBadRequest || !bytes.Contains(got.body, []byte("No record found")) {
				t.Fatalf("%q, which is no name, answers %d %s", name, got.status, got.body)
			}
			return
		}
		var answer struct {
			InputData struct {
				ID             int64
				RecordingFiles string `json:"recording_files"`
			} `json:"input_data"`
		}
		if err := json.Unmarshal(got.body, &answer); err != nil || answer.InputData.ID != 13356 || answer.InputData.RecordingFiles != name {
			t.Fatalf("%q answers %d %s", name, got.status, got.body)
		}
	})
}

// FuzzTargets sends any target: nothing fails on our side, nothing is
// redirected, nobody's data is shown.
func FuzzTargets(f *testing.F) {
	for _, target := range []string{
		"/", "*", "//", "/..", "/%2e%2e/", "/api", "/api/v1", "/api/v1/patients?limit=1&cursor=%00", "/api/service/v1/encounter-from-recording/%2F..%2F",
		"/acme-health/live/patients/x/calls?startDate=%zz", "/ACME-HEALTH/live/patients", "/auth/token?x=;", "/oauth/../auth/token", "/metrics/", "/%61pi/v1/patients",
		"/api%2Fv1%2Fpatients", "/.well-known", "http://x/", "http://x//", "/api/v1/patients/\xff", "/é/%C3", "/acme-health%00/live/patients/x", "/a?b#c", "/sso?x",
	} {
		f.Add("GET", target)
	}
	f.Add("CONNECT", "x:80")
	f.Add("OPTIONS", "*")
	f.Add("PATCH", "/api/v1/patients/x")
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, method, target string) {
		w.t = t
		if strings.ContainsAny(method+target, " \r\n") || method == "" || target == "" {
			return // another request
		}
		got := w.serveRaw(w.request(method, target, nil, nil), "203.0.113.5")
		if got.status >= 500 || got.status/100 == 3 || got.header.Get("Location") != "" {
			t.Fatalf("%s %q answers %d %v", method, target, got.status, got.header)
		}
		for _, m := range w.everyMark() {
			if bytes.Contains(got.body, []byte(m)) && !strings.Contains(target, m) {
				t.Fatalf("%s %q shows %q", method, target, m)
			}
		}
	})
}

// FuzzAuthorization sends any Authorization header: only the token that was
// given out lets anybody in.
func FuzzAuthorization(f *testing.F) {
	for _, prefix := range []string{"Bearer ", "bearer ", "Bearer  ", "Bearer\t", "Basic ", "", "Bearer chl_", "Bearer,", "Bearer token=", "Token "} {
		for _, suffix := range []string{"TOKEN", "TOKEN ", "TOKEN,x", "tokeN", "TOKENTOKEN", "", "x", "chl_" + strings.Repeat("A", 43), strings.Repeat("A", 9000), "\x00TOKEN", "TOKEN\xff"} {
			f.Add(prefix + suffix)
		}
	}
	w := newWorld(f)
	token := w.vars["token"]
	f.Fuzz(func(t *testing.T, header string) {
		w.t = t
		header = strings.ReplaceAll(header, "TOKEN", token) // a fuzzer does not find it
		if strings.ContainsAny(header, "\r\n") {
			return // another header
		}
		got := w.serveRaw(w.request("GET", "/acme-health/live/patients/"+w.vars["patient"], []string{"Authorization: " + header}, nil), "")
		scheme, credential, _ := strings.Cut(strings.Trim(header, " \t"), " ")
		good := strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(credential) == token
		switch {
		case good && got.status != http.StatusOK, !good && got.status != http.StatusUnauthorized && got.status != http.StatusBadRequest:
			t.Fatalf("%q answers %d", header, got.status)
		case !good && bytes.Contains(got.body, []byte("Rosalind")):
			t.Fatalf("%q is shown data", header)
		}
	})
}

// FuzzQueries sends any query to every list.
func FuzzQueries(f *testing.F) {
	for _, q := range []string{
		"", "page=0&size=1", "limit=1", "cursor=AAAA", "cursor=" + strings.Repeat("A", 400), "limit=9999999999999999999", "startDate=2026-03-18&endDate=2026-03-18&timezone=Asia/Tokyo",
		"hasRecording=true&status=BUSY&direction=INBOUND&sort=calledAt,asc", "patient=202300001111", "patient=%00", "from=2026-03-18T00:00:00Z&until=0001-01-01T00:00:00Z&order=oldest",
		"from=9999-12-31T23:59:59Z", "consent=given&withheld=true&includeDeleted=true", "number=202300001111", "encounter=13356", "a=1;b=2", "%zz", "&&&", "page=1&page=2",
	} {
		f.Add(q)
	}
	w := newWorld(f)
	auth := []string{"Authorization: Bearer " + w.vars["token"]}
	var lists []string
	for _, r := range gated() {
		if a := w.good(r); r.method == http.MethodGet && (strings.HasSuffix(r.pattern, "/calls") || r.surface == "native" && !strings.Contains(r.pattern, "{")) {
			lists = append(lists, a.target())
		}
	}
	f.Fuzz(func(t *testing.T, query string) {
		w.t = t
		if strings.ContainsAny(query, " \r\n") {
			return
		}
		for _, list := range lists {
			got := w.serveRaw(w.request("GET", list+"?"+query, auth, nil), "")
			if got.status != http.StatusOK && got.status != http.StatusBadRequest && got.status != http.StatusNotFound {
				t.Fatalf("%s?%q answers %d %s", list, query, got.status, got.body)
			}
			if _, err := url.ParseQuery(query); err != nil && got.status == http.StatusOK {
				t.Fatalf("%s?%q is answered, though it cannot be read", list, query)
			}
		}
	})
}
