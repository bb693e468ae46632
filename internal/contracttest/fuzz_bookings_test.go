package contracttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// FuzzBookings sends any text in any field to the endpoints of registering,
// signing up, slots and services, and any body at all: none of them ever fails on
// our side, what is refused names the field, and what is taken is kept as it was
// sent.
func FuzzBookings(f *testing.F) {
	for _, text := range []string{
		"", " ", "Nell", " Nell ", "nell@example.org", "\"Nell\" <nell@example.org>", "nell@[127.0.0.1]", "nell@example.org\r\nBcc: x@example.org", "+1", "+0", "2125550101",
		"2026-03-19", "0000-00-00", "0001-01-01", "9999-12-31", "-001-01-01", "2026-02-30", "2026-3-1", "20260319", "09:00 AM", "9:00am", "24:00", "12:00 AM", "00:00 PM", "٠٩:٠٠ AM",
		"UTC", "Local", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12", "../UTC", "america/new_york", "Factory", "1", "-1", "1e3", "0x1", "99999999999999999999",
		"170.50", "-0", "1.", ".5", "1,5", "999999.999999", "cm", "CM", "male", "Male", "fr-ca", "FR-CA", "ACME", "acme", "BIRCH", "Consultation", "consultation",
		"\u202eNell", "\u200b", "Ne\u0301ll", "\x00", "\x7f", "\xff", strings.Repeat("ö", 200), strings.Repeat("a", 201), strings.Repeat("a", 5000), "seven ducks on a pond", "=1+1", "<script>", "' OR 1=1 --",
	} {
		f.Add(text, "", byte(0))
		f.Add("Nell", text, byte(3))
	}
	f.Add("", `{"patient_id": 1e400}`, byte(0))
	f.Add("", `{"service": [[[[]]]], "height": {"a": null}, "password": true}`, byte(1))
	w := newWorld(f)
	routes := []string{"patient/register", "patient/assign-service", "appointment-slots", "provider/signup"}
	bodies := w.bodies()
	f.Fuzz(func(t *testing.T, text, more string, which byte) {
		w.t = t
		name := routes[int(which)%len(routes)]
		var good map[string]any
		if err := json.Unmarshal([]byte(w.fill(bodies["POST /api/service/v1/"+name])), &good); err != nil {
			t.Fatal(err)
		}
		for field := range fieldsOf(name) {
			body := map[string]any{}
			for k, v := range good {
				body[k] = v
			}
			body[field] = text
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			w.tryBooking(name, field, string(raw))
		}
		w.tryBooking(name, "", more)
	})
}

// fieldsOf are the text fields of an endpoint.
func fieldsOf(name string) map[string]bool {
	fields := map[string]bool{}
	for f := range strings.FieldsSeq(map[string]string{
		"patient/register": `first_name middle_name last_name date_of_birth gender language email email_alt phone_number country_code phone_number_2 country_code_phone2
			addr1 city zip_code mrn height height_unit weight password customer_code service timezone provider_email appointment_date appointment_time complaint`,
		"patient/assign-service": "service provider_email start_date end_date",
		"appointment-slots":      "provider_email date timezone",
		"provider/signup":        "first_name middle_name last_name email_id email_id_alt phone1 gender birth_date language addr1 timezone provider_title password",
	}[name]) {
		fields[f] = true
	}
	return fields
}

var bookingErrors = regexp.MustCompile(`^\{"error":true,"input_data":\{"error_message":"(Invalid request: [a-z_0-9]+ |No record found|Request body too large)`)

func (w *world) tryBooking(name, field, body string) {
	w.t.Helper()
	headers := []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: application/json"}
	got := w.serveRaw(w.request("POST", "/api/service/v1/"+name, headers, []byte(body)), "")
	switch got.status {
	case http.StatusOK:
		w.readBack(name, body, got.body)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		if !bookingErrors.Match(got.body) {
			w.t.Fatalf("%s with %s in %q answers %s", name, field, body, got.body)
		}
	case http.StatusForbidden, http.StatusTooManyRequests:
		if name != "provider/signup" {
			w.t.Fatalf("%s with %s in %q answers %d", name, field, body, got.status)
		}
	default:
		w.t.Fatalf("%s with %s in %q answers %d %s", name, field, body, got.status, got.body)
	}
}

// readBack proves that a patient who was registered has the names that were sent.
func (w *world) readBack(name, body string, answer []byte) {
	w.t.Helper()
	var sent struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
		Code  string `json:"customer_code"`
	}
	var made struct {
		InputData struct {
			UUID string `json:"patient_uuid"`
		} `json:"input_data"`
	}
	if name != "patient/register" || json.Unmarshal([]byte(body), &sent) != nil {
		return
	}
	w.must(json.Unmarshal(answer, &made))
	headers := []string{"Authorization: Bearer " + w.vars["token"]}
	if sent.Code == "ACME-SAND" {
		headers = append(headers, "instance: sandbox")
	}
	got := w.serveRaw(w.request("GET", "/api/v1/patients/"+made.InputData.UUID, headers, nil), "")
	var kept struct{ FirstName, LastName string }
	w.must(json.Unmarshal(got.body, &kept))
	if kept.FirstName != strings.TrimSpace(sent.First) || kept.LastName != strings.TrimSpace(sent.Last) {
		w.t.Fatalf("%s is kept as %s", body, fmt.Sprint(kept))
	}
}
