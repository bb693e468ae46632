package faulttest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// F11.
func TestBytesThatAreMissingOrCutAreToldAsSuchAndNeverServed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	for what, damage := range map[string]func(file string) error{
		"missing":     os.Remove,
		"empty":       func(file string) error { return os.Truncate(file, 0) },
		"cut":         func(file string) error { return os.Truncate(file, 19_999) },
		"longer":      func(file string) error { return os.Truncate(file, 20_001) },
		"a directory": func(file string) error { return first(os.Remove(file), os.Mkdir(file, 0o700)) },
		"a link": func(file string) error {
			return first(os.Rename(file, file+"-elsewhere"), os.Symlink(file+"-elsewhere", file))
		},
	} {
		call := c.mustHaveCall(t)
		th, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(20_000))
		if err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
		file := s.media(c.tenantName, "live", th.id[:2], th.id)
		kept, err := os.ReadFile(file)
		must(t, err)
		must(t, damage(file))
		onCalls := "/" + c.tenantName + "/live/patients/" + call.forms[0]["patientId"] + "/calls/" + call.key + "/recording"
		for path, says := range map[string]string{
			onCalls: `"errorCode":"RECORDING_UNAVAILABLE"`, "/api/v1/recordings/" + th.id + "/content": "urn:chartline:problem:media_unavailable",
		} {
			for _, headers := range [][]string{nil, {"Range: bytes=0-9"}, {"If-None-Match: *"}} {
				got, err := c.ask(t.Context(), http.MethodGet, path, nil, headers...)
				if err != nil || got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(string(got.body), says) {
					t.Errorf("%s, %v: %v, %v", what, headers, got, err)
				}
			}
		}
		broken := s.doctor(t)["recordings"]
		if broken.Verdict != "failed" || !strings.Contains(broken.Found, th.id) || !strings.Contains(broken.Do, s.media()) {
			t.Errorf("%s: doctor says %+v", what, broken)
		}
		// As its words say: the file is put back.
		must(t, os.RemoveAll(file))
		_ = os.Remove(file + "-elsewhere") // of the link alone
		must(t, os.WriteFile(file, kept, 0o600))
		if got, err := c.listen(t.Context(), th); err != nil || got.status != http.StatusOK {
			t.Errorf("%s, put back: %v, %v", what, got.status, err)
		}
	}

	// What nobody uploaded is nobody's to hear, whatever it is called.
	const id = "0b6f6c1e-0000-4000-8000-000000000001"
	orphan := s.media(c.tenantName, "live", id[:2], id)
	must(t, os.MkdirAll(filepath.Dir(orphan), 0o700))
	must(t, os.WriteFile(orphan, sound(100), 0o600))
	for _, path := range []string{"/api/v1/recordings/" + id, "/api/v1/recordings/" + id + "/content"} {
		if got, err := c.get(t.Context(), path); err != nil || got.status != http.StatusNotFound {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	if f := s.doctor(t)["recordings"]; f.Verdict != "ok" || !strings.Contains(f.Found, "1 stored objects (100 bytes)") {
		t.Errorf("doctor says %+v", f)
	}
	s.verify(t)
	p.stop()
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
