package native_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartline/internal/testkit"
)

func TestPatientsAreRegisteredReadChangedAndListed(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	whole := object{
		"firstName": " Rosa ", "middleName": "May", "lastName": "Quill", "birthDate": "1980-02-29", "gender": "female", "email": "rosa@example.org",
		"phone": "5550101", "countryCode": "+1", "timezone": "America/Denver", "mrn": "M-1", "externalId": "E-1",
	}
	made := w.do(t, "POST", "/patients", ask{body: whole}).want(201).has(object{
		"number": 202600000001, "firstName": "Rosa", "middleName": "May", "lastName": "Quill", "birthDate": "1980-02-29", "gender": "female",
		"email": "rosa@example.org", "phone": "5550101", "countryCode": "+1", "timezone": "America/Denver", "mrn": "M-1", "externalId": "E-1",
		"createdAt": "2026-03-18T15:00:00Z", "updatedAt": "2026-03-18T15:00:00Z",
	})
	if got, want := made.header.Get("Location"), "/api/v1/patients/"+made.text("id"); got != want {
		t.Errorf("Location is %q, want %q", got, want)
	}
	for _, path := range []string{"/patients/" + made.text("id"), "/patients/202600000001"} {
		if diff := cmp.Diff(made.json(), w.do(t, "GET", path, ask{}).want(200).json()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	changed := w.do(t, "PATCH", "/patients/202600000001", ask{body: object{"lastName": "Quill-Moss", "mrn": nil, "email": "rqm@example.org"}}).want(200)
	want := made.json()
	want["lastName"], want["mrn"], want["email"] = "Quill-Moss", nil, "rqm@example.org"
	if diff := cmp.Diff(want, changed.json()); diff != "" {
		t.Error(diff)
	}
	w.do(t, "PATCH", "/patients/202600000001", ask{body: object{}}).want(200)
	w.do(t, "POST", "/patients", ask{body: object{"lastName": "Moss", "mrn": "M-1"}}).want(201) // the number was given up
}

func TestHistoryKeepsItsIdsAndCountersMovePastThem(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	patient := object{"id": "6F1C2B9E-3F1A-4C55-9D0E-0A6C1B6F0D11", "number": 202600000500, "lastName": "Quill", "mrn": "M-1", "externalId": "E-1"}
	w.do(t, "POST", "/patients", ask{body: patient}).want(201).has(object{"id": "6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11", "number": 202600000500})
	w.do(t, "POST", "/providers", ask{body: object{"lastName": "Broome"}}).want(201).has(object{"number": 202600000501})
	w.do(t, "POST", "/patients", ask{body: object{"lastName": "Old", "number": 202300001111}}).want(201)
	w.do(t, "POST", "/patients", ask{body: object{"lastName": "New"}}).want(201).has(object{"number": 202600000502})

	for field, body := range map[string]object{
		"id":         {"lastName": "X", "id": "6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11"},
		"number":     {"lastName": "X", "number": 202600000501}, // a provider's
		"mrn":        {"lastName": "X", "mrn": "M-1"},
		"externalId": {"lastName": "X", "externalId": "E-1"},
	} {
		got := w.do(t, "POST", "/patients", ask{body: body}).want(409)
		if diff := cmp.Diff(map[string]string{field: "is already in use"}, got.faults()); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	w.do(t, "POST", "/providers", ask{body: object{"lastName": "X", "number": 202600000500}}).want(409)

	encounter := object{"id": 13356, "patientNumber": 202600000500, "providerNumber": 202600000501, "complaint": "a cough"}
	w.do(t, "POST", "/encounters", ask{body: encounter}).want(201).has(object{"id": 13356})
	w.do(t, "POST", "/encounters", ask{body: encounter}).want(409)
	delete(encounter, "id")
	w.do(t, "POST", "/encounters", ask{body: encounter}).want(201).has(object{"id": 13357})

	session := object{"id": "65A1F0C2B3D4E5F60718293A", "sid": "0b0e7a1c-54e4-4a6b-8a51-4d8b9b1d7c11", "encounterId": 13356, "status": "completed", "start": "2026-02-20T17:10:33+05:30"}
	w.do(t, "POST", "/sessions", ask{body: session}).want(201).has(object{"id": "65a1f0c2b3d4e5f60718293a", "start": "2026-02-20T11:40:33Z"})
	for _, field := range []string{"id", "sid"} {
		again := object{"encounterId": 13356, "status": "completed", "start": "2026-02-20T11:40:33Z", field: session[field]}
		if got := w.do(t, "POST", "/sessions", ask{body: again}).want(409).faults(); len(got) != 1 || got[field] == "" {
			t.Errorf("%s: got %v", field, got)
		}
	}
	call := object{"id": "0b0e7a1c-54e4-4a6b-8a51-4d8b9b1d7c12", "patientNumber": 202600000500, "direction": "OUTBOUND", "status": "NO_ANSWER", "startedAt": "2026-02-20T11:40:33.9Z"}
	w.do(t, "POST", "/calls", ask{body: call}).want(201).has(object{"calledAt": "2026-02-20T11:40:33Z", "startedAt": "2026-02-20T11:40:33.9Z"})
	w.do(t, "POST", "/calls", ask{body: call}).want(409)
}

func TestEveryFaultyFieldIsNamedAtOnceAndNoValueIsRepeated(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	const planted = "Zephyrine"
	for _, c := range []struct {
		method, path, body string
		want               map[string]string
	}{
		{"POST", "/patients", `{"firstName": 7, "gender": "` + planted + `", "surname": "` + planted + `", "number": 1.5}`, map[string]string{
			"firstName": "must be a string", "gender": "must be one of male, female, prefer_not_to_say", "surname": "is not known here", "number": "must be an integer"}},
		{"POST", "/patients", `{"FirstName": "` + planted + `"}`, map[string]string{"FirstName": "is not known here"}},
		{"POST", "/patients", `{"birthDate": "` + planted + `", "email": "` + planted + `", "phone": "` + planted + `"}`, map[string]string{
			"birthDate": "must be YYYY-MM-DD", "email": "must be one e-mail address", "phone": "must be 3 to 15 national digits",
			"countryCode": "is required with phone", "firstName": "is required where lastName is empty"}},
		{"POST", "/patients?limit=3&page=" + planted, `{"lastName": "` + planted + `", "createdAt": "2020-01-01T00:00:00Z", "tenant": "birch-clinic"}`, map[string]string{
			"limit": "is not known here", "page": "is not known here", "createdAt": "is not known here", "tenant": "is not known here"}},
		{"PATCH", "/patients/202600000001", `{"id": "x", "number": 3, "lastName": 1}`, map[string]string{
			"id": "is not known here", "number": "is not known here", "lastName": "must be a string"}},
		{"POST", "/sessions", `{"others": ["x", 1], "end": "` + planted + `"}`, map[string]string{
			"others[0]": "must be an integer", "end": "must be a date-time with an offset (RFC 3339)",
			"encounterId": "is required", "status": "is required", "start": "is required"}},
		{"POST", "/calls", `{"direction": "UP", "status": "COMPLETED", "legs": [{"role": "parent"}, 3]}`, map[string]string{
			"direction": "must be one of INBOUND, OUTBOUND", "legs[0].status": "is required", "legs[0].duration": "is required", "legs[1]": "must be an object"}},
		{"POST", "/calls", `{"direction": "INBOUND", "status": "COMPLETED"}`, map[string]string{"patientId": "is required, or patientNumber: one of the two"}},
		{"GET", "/patients?limit=0&cursor=%ff&number=x", "", map[string]string{"limit": "is too small", "number": "must be an integer", "cursor": "must be valid UTF-8"}},
		{"GET", "/patients?limit=1&limit=2", "", map[string]string{"limit": "must be given once"}},
		{"GET", "/recordings?withheld=maybe&nameStatus=lost", "", map[string]string{"withheld": "must be true or false", "nameStatus": "must be one of held, waiting, dismissed"}},
	} {
		a := ask{}
		if c.body != "" {
			a.body = c.body
		}
		got := w.do(t, c.method, c.path, a).want(400)
		if diff := cmp.Diff(c.want, got.faults()); diff != "" {
			t.Errorf("%s %s: %s", c.method, c.path, diff)
		}
		if containsFold(got.body, planted) {
			t.Errorf("%s %s: the answer repeats a value: %s", c.method, c.path, got.body)
		}
	}
}

func TestCareTeamsAreKept(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	team := "/patients/" + c.patient + "/care-team"
	w.do(t, "GET", team, ask{}).want(200).has(object{"items": []any{}, "nextCursor": nil})
	made := w.do(t, "POST", team, ask{body: object{"providerId": c.provider, "role": "cardiology"}}).want(201).has(object{
		"patientId": c.patient, "providerNumber": int(c.providerNumber), "role": "cardiology"})
	if got, want := made.header.Get("Location"), fmt.Sprintf("/api/v1%s/%d", team, c.providerNumber); got != want {
		t.Errorf("Location is %q, want %q", got, want)
	}
	w.do(t, "POST", team, ask{body: object{"providerNumber": c.providerNumber}}).want(409)
	w.do(t, "POST", team, ask{body: object{"providerNumber": 202699999999}}).want(404)
	w.do(t, "PATCH", team+"/"+c.provider, ask{body: object{"role": nil}}).want(200).has(object{"role": nil})
	w.do(t, "GET", fmt.Sprintf("%s/%d", team, c.providerNumber), ask{}).want(200).has(object{"role": nil})
	w.do(t, "DELETE", team+"/"+c.provider, ask{}).want(204)
	w.do(t, "DELETE", team+"/"+c.provider, ask{}).want(404)
	w.do(t, "GET", team+"/"+c.provider, ask{}).want(404)
}
