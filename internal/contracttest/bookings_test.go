package contracttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// post sends a JSON body over a socket and returns the status and the answer.
func (w *world) post(path, body string) (int, string, error) {
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.addr+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+w.vars["token"])
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// atOnce sends n requests, each on its way before the first is answered, and
// returns the answers by status.
func (w *world) atOnce(n int, request func(int) (path, body string)) map[int][]string {
	w.t.Helper()
	var (
		mu     sync.Mutex
		all    sync.WaitGroup
		begin  = make(chan struct{})
		byCode = map[int][]string{}
	)
	for i := range n {
		path, body := request(i)
		all.Go(func() {
			<-begin
			status, text, err := w.post(path, body)
			if err != nil {
				w.t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			byCode[status] = append(byCode[status], text)
		})
	}
	close(begin)
	all.Wait()
	return byCode
}

// count is how many items a native list has.
func (w *world) count(list string) int {
	w.t.Helper()
	r := w.serveRaw(w.request("GET", "/api/v1/"+list, []string{"Authorization: Bearer " + w.vars["token"]}, nil), "")
	var page struct{ Items []json.RawMessage }
	w.must(json.Unmarshal(r.body, &page))
	return len(page.Items)
}

// someone is the body of a registration, of the n-th of those who want a slot.
func someone(n int, clock string) string {
	return fmt.Sprintf(`{"first_name": "Hundred", "last_name": "Number%d", "date_of_birth": "1990-01-02", "email": "hundred%d@example.org", "phone_number": "2125550101",
		"country_code": "+1", "provider_email": "octavia.brightwater@example.org", "service_id": 1, "appointment_date": "2026-03-23", "appointment_time": %q}`, n, n, clock)
}

const registerPath = "/api/service/v1/patient/register"

// TestOfAHundredWhoWantOneSlotOneGetsIt asks for a slot in the two ways there
// are, and for another that overlaps it: no two appointments share any time.
func TestOfAHundredWhoWantOneSlotOneGetsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	patients := w.count("patients?limit=1000")
	got := w.atOnce(100, func(n int) (string, string) {
		switch n % 4 {
		case 0: // nine o'clock in Chicago, for somebody who is there already
			return "/api/v1/appointments", w.fill(`{"patientId": "{{patient2}}", "providerId": "{{provider}}", "serviceId": 1, "start": "2026-03-23T14:00:00Z"}`)
		case 1: // an hour from nine on
			return registerPath, strings.Replace(someone(n, "09:00 AM"), `"service_id": 1`, `"service_id": 2`, 1)
		}
		return registerPath, someone(n, "09:00 AM")
	})
	if len(got[200])+len(got[201]) != 1 || len(got[400])+len(got[409]) != 99 {
		t.Fatalf("%d registered, %d booked, %d and %d were refused; in all %v", len(got[200]), len(got[201]), len(got[400]), len(got[409]), got)
	}
	for _, text := range got[400] {
		if text != `{"error":true,"input_data":{"error_message":"Invalid request: appointment_time is not free"}}`+"\n" {
			t.Errorf("refused with %s", text)
		}
	}
	if n := w.count("patients?limit=1000") - patients; n != len(got[200]) {
		t.Errorf("%d patients were registered for %d appointments", n, len(got[200]))
	}
	status, free, err := w.post("/api/service/v1/appointment-slots", `{"provider_email": "octavia.brightwater@example.org", "service_id": 1, "date": "2026-03-23"}`)
	w.must(err)
	if status != 200 || strings.Contains(free, "09:00 AM") || !strings.Contains(free, "10:00 AM") {
		t.Errorf("free are %s", free)
	}
}

func TestOfAHundredWhoWantAllSlotsEachIsGivenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var clocks []string
	for at := time.Date(2026, 3, 23, 9, 0, 0, 0, time.UTC); at.Hour() < 17; at = at.Add(30 * time.Minute) {
		clocks = append(clocks, at.Format("03:04 PM"))
	}
	got := w.atOnce(100, func(n int) (string, string) { return registerPath, someone(n, clocks[n%len(clocks)]) })
	if len(got[200]) != len(clocks) || len(got[400]) != 100-len(clocks) {
		t.Errorf("of %d slots %d were given, and %d refused", len(clocks), len(got[200]), len(got[400]))
	}
	if n := w.count("appointments?limit=1000"); n != len(clocks)+1 { // and the clinic's own
		t.Errorf("there are %d appointments", n)
	}
}

func TestARegistrationSentManyTimesAtOnceIsOnePatient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	patients := w.count("patients?limit=1000")
	got := w.atOnce(40, func(int) (string, string) { return registerPath, someone(1, "11:00 AM") })
	slices.Sort(got[200])
	if len(got[200]) != 40 || len(slices.Compact(got[200])) != 1 || w.count("patients?limit=1000") != patients+1 {
		t.Errorf("it is answered %v", got)
	}
}

func TestAnAddressSignsUpOnceAndAServiceIsGivenOnceHoweverManyAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signed := w.atOnce(20, func(int) (string, string) {
		return "/api/service/v1/provider/signup", w.fill(`{"signup_code": "{{signupCode}}", "first_name": "Once", "email_id": "once@example.org", "password": "seven ducks on a pond"}`)
	})
	if len(signed[200]) != 1 || len(signed[400]) != 19 {
		t.Errorf("signing up is answered %v", signed)
	}
	given := w.atOnce(20, func(int) (string, string) {
		return "/api/service/v1/patient/assign-service", `{"patient_id": 202300001112, "service_id": 2}`
	})
	slices.Sort(given[200])
	if len(given[200]) != 20 || len(slices.Compact(given[200])) != 1 {
		t.Errorf("assigning is answered %v", given)
	}
}
