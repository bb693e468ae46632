package native_test

import (
	"fmt"
	"testing"

	"chartline/internal/testkit"
)

func TestEncountersAreReadAndChanged(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	path := fmt.Sprint("/encounters/", c.encounter)
	w.do(t, "GET", path, ask{}).want(200).has(object{"id": int(c.encounter), "patientNumber": int(c.number), "providerNumber": int(c.providerNumber), "complaint": nil})
	other := w.do(t, "POST", "/providers", ask{body: object{"lastName": "Second"}}).want(201).number("number")
	w.do(t, "PATCH", path, ask{body: object{"providerNumber": other, "complaint": "a cough\nsince May"}}).want(200).has(object{"providerNumber": int(other), "complaint": "a cough\nsince May"})
	w.do(t, "PATCH", path, ask{body: object{"complaint": nil}}).want(200).has(object{"providerNumber": int(other), "complaint": nil})
	w.do(t, "PATCH", path, ask{body: object{"providerNumber": c.number}}).want(404) // a patient's
	w.do(t, "PATCH", path, ask{body: object{"complaint": "\x00"}}).want(400)
	w.do(t, "PATCH", path, ask{body: object{"patientNumber": c.number}}).want(400)
}

func TestSessionsAreReadAndChanged(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	guest := w.do(t, "POST", "/patients", ask{body: object{"lastName": "Guest"}}).want(201).number("number")
	made := w.do(t, "POST", "/sessions", ask{body: object{
		"encounterId": c.encounter, "status": "in_progress", "start": "2026-03-18T10:22:00.9-04:00",
		"others": []int64{c.number, guest, guest, c.providerNumber, 202600000099},
	}}).want(201).has(object{
		"encounterId": int(c.encounter), "start": "2026-03-18T14:22:00.9Z", "end": nil, "duration": 0, "reportedDuration": nil, "others": []any{float64(guest), 202600000099.0},
	})
	path := "/sessions/" + made.text("id")
	if len(made.text("id")) != 24 || len(made.text("sid")) != 36 {
		t.Errorf("ids: %s", made.body)
	}
	w.do(t, "PATCH", path, ask{body: object{"status": "completed", "end": "2026-03-18T14:23:42.8Z"}}).want(200).has(object{"status": "completed", "duration": 101})
	w.do(t, "PATCH", path, ask{body: object{"reportedDuration": 100, "others": []int64{}}}).want(200).has(object{"duration": 100, "reportedDuration": 100, "others": []any{}})
	w.do(t, "PATCH", path, ask{body: object{"reportedDuration": nil}}).want(200).has(object{"duration": 101})
	w.do(t, "PATCH", path, ask{body: object{"end": nil, "status": "in_progress"}}).want(200).has(object{"duration": 0, "end": nil})
	for field, body := range map[string]object{
		"end": {"end": "2026-03-18T14:21:00Z"}, "others": {"others": []int64{7}}, "reportedDuration": {"reportedDuration": -1}, "status": {"status": "over"}, "start": {"start": nil}, "encounterId": {"encounterId": 1},
	} {
		if got := w.do(t, "PATCH", path, ask{body: body}).is(400).faults(); got[field] == "" {
			t.Errorf("%s is not named: %v", field, got)
		}
	}
	w.do(t, "GET", path, ask{}).want(200).has(object{"status": "in_progress"})
}

func TestCallsAreReadAndChanged(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	made := w.do(t, "POST", "/calls", ask{body: object{
		"patientNumber": c.number, "direction": "OUTBOUND", "status": "COMPLETED", "duration": 63, "startedAt": "2026-03-18T14:22:00.75Z", "answeredAt": "2026-03-18T14:22:05Z",
		"endedAt": "2026-03-18T14:23:08Z", "from": "+15550100", "to": "+15550101", "externalId": "CA1", "source": "twilio", "userId": "u-1", "encounterId": c.encounter,
		"legs": []object{{"role": "parent", "status": "COMPLETED", "duration": 63}}, "voicemail": true,
	}}).want(201).has(object{
		"patientId": c.patient, "calledAt": "2026-03-18T14:22:00Z", "startedAt": "2026-03-18T14:22:00.75Z", "encounterId": int(c.encounter), "hasRecording": false,
		"legs": []any{object{"role": "parent", "status": "COMPLETED", "duration": 63.0}}, "voicemail": true, "from": "+15550100",
	})
	path := "/calls/" + made.text("id")
	w.do(t, "PATCH", path, ask{body: object{"status": "FAILED", "duration": 0, "answeredAt": nil, "legs": []object{}, "from": nil, "voicemail": false}}).want(200).has(object{
		"status": "FAILED", "duration": 0, "answeredAt": nil, "endedAt": "2026-03-18T14:23:08Z", "legs": []any{}, "from": nil, "to": "+15550101", "voicemail": false, "encounterId": int(c.encounter),
	})
	w.do(t, "PATCH", path, ask{body: object{"patientId": c.patient}}).want(400)
	w.do(t, "PATCH", path, ask{body: object{"to": "a\nb"}}).want(400)
	w.do(t, "GET", path, ask{}).want(200).has(object{"to": "+15550101"})
}

func TestInstancesAreApartAndPickedByHeader(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	token := w.both(t)
	in := map[string]string{"Instance": "sandbox"}
	w.do(t, "GET", "/instance", ask{token: token}).want(200).has(object{"tenant": "acme-health", "instance": "live", "timezone": "America/New_York", "unknownConsentRefused": false})
	w.do(t, "GET", "/instance", ask{token: token, header: in}).want(200).has(object{"instance": "sandbox"})
	id := w.do(t, "POST", "/patients", ask{token: token, header: in, body: object{"lastName": "Quill"}}).want(201).text("id")
	w.do(t, "GET", "/patients/"+id, ask{token: token}).want(404)
	w.do(t, "GET", "/patients/"+id, ask{token: token, header: in}).want(200)
}
