package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	clientFile = "bench-client"     // the client's name, beside the data
	mediaFile  = "bench-media.json" // the recordings' ids by size
)

// chartlineData gives the directory of our server with a data set.
func (b *bench) chartlineData(d dataset) (string, error) {
	return b.cached("chartline-"+d.name, ourSchema, func(dir string) error {
		if err := b.chartlineTenant(dir); err != nil || d.allPatients() == 0 {
			return err
		}
		if err := b.firstRows(dir); err != nil {
			return err
		}
		f, err := openFiller(filepath.Join(dir, "chartline.db"))
		if err != nil {
			return err
		}
		return f.close(fillChartline(f, d))
	})
}

// chartlineTenant makes what even the empty data set has: a tenant, its
// instance, and a client with every grant.
func (b *bench) chartlineTenant(dir string) error {
	if err := b.command(dir, nil, "tenant", "create", tenant); err != nil {
		return err
	}
	if err := b.command(dir, nil, "instance", "create", instance, "--tenant", tenant); err != nil {
		return err
	}
	var client struct {
		Name string `json:"name"`
	}
	if err := b.command(dir, &client, "client", "create", "--tenant", tenant, "--home", instance, "--all-grants"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, clientFile), []byte(client.Name), 0o600)
}

// freshToken is a bearer token of the data set's client.
func (b *bench) freshToken(dir string) (string, error) {
	name, err := os.ReadFile(filepath.Join(dir, clientFile)) // #nosec G304 -- our cache
	if err != nil {
		return "", err
	}
	var out struct {
		Token string `json:"token"`
	}
	err = b.command(dir, &out, "client", "token", string(name), "--tenant", tenant)
	return out.Token, err
}

// originals are the session and the call that a new installation's one patient has.
type originals struct{ session, call string }

// firstRows makes one row of each kind in a new installation, to be copied, with a
// short recording of the session.
func (b *bench) firstRows(dir string) error {
	o, err := b.originals(dir)
	if err != nil {
		return err
	}
	_, err = b.bringIn(dir, "1500000000000", 4096, "--session", o.session)
	return err
}

// originals starts a server on a new installation and makes one of each kind
// through its native surface: the rows that are copied.
func (b *bench) originals(dir string) (originals, error) {
	c, err := b.openChartline(dir, dataset{})
	if err != nil {
		return originals{}, err
	}
	defer c.server.Stop()
	person := func() map[string]any {
		return map[string]any{"firstName": "Avery", "lastName": "Example", "gender": "female", "email": "avery@example.org",
			"phone": "5550100", "countryCode": "+1", "timezone": "America/New_York"}
	}
	patient, provider := person(), person()
	patient["birthDate"] = "1980-02-03"
	provider["title"] = "MD"
	patientID, err := create[string](c, "patients", patient)
	if err != nil {
		return originals{}, err
	}
	providerID, err := create[string](c, "providers", provider)
	if err != nil {
		return originals{}, err
	}
	encounter, err := create[int64](c, "encounters", map[string]any{"patientId": patientID, "providerId": providerID, "complaint": "Follow-up visit"})
	if err != nil {
		return originals{}, err
	}
	session, err := create[string](c, "sessions", map[string]any{"encounterId": encounter, "status": "completed",
		"start": "2026-02-20T11:00:00Z", "end": "2026-02-20T11:01:41Z", "reportedDuration": 101})
	if err != nil {
		return originals{}, err
	}
	if err := book(c, patientID, providerID); err != nil {
		return originals{}, err
	}
	if err := measure(c, patientID); err != nil {
		return originals{}, err
	}
	call, err := create[string](c, "calls", map[string]any{"patientId": patientID, "direction": "INBOUND", "status": "COMPLETED",
		"duration": 60, "calledAt": "2026-02-20T12:00:00Z", "from": "+15550100", "to": "+15550101", "source": "bench"})
	return originals{session: session, call: call}, err
}

// service is the id of what can be booked.
const service = 1

// book makes the service, and the patient's appointment at the first free slot.
func book(c *chartline, patient, provider string) error {
	if _, err := create[int64](c, "services", map[string]any{"id": service, "name": "Consultation", "minutes": 30}); err != nil {
		return err
	}
	for day := 1; day <= 7; day++ {
		date := time.Now().AddDate(0, 0, day).Format(time.DateOnly)
		text, _, err := fetch(asks(c.server, c.token, func(dst []byte) []byte {
			return fmt.Appendf(dst, "/api/v1/slots?provider=%s&service=%d&date=%s", provider, service, date)
		}))
		if err != nil {
			return err
		}
		var free struct{ Items []time.Time }
		if err := json.Unmarshal(text, &free); err != nil {
			return err
		}
		if len(free.Items) > 0 {
			_, err := create[int64](c, "appointments", map[string]any{"patientId": patient, "providerId": provider, "serviceId": service, "start": free.Items[0]})
			return err
		}
	}
	return errors.New("a week without a free slot")
}

// measure sends the patient's readings, one of each kind.
func measure(c *chartline, patient string) error {
	text, _, err := fetch(asks(c.server, c.token, func(dst []byte) []byte { return append(dst, "/api/v1/patients/"+patient...) }))
	if err != nil {
		return err
	}
	var known struct{ Number int64 }
	if err := json.Unmarshal(text, &known); err != nil {
		return err
	}
	const day = "2026-02-01"
	_, err = post(c, "/api/service/v1/patient/readings", http.StatusOK, map[string]any{"patient_id": known.Number, "readings": []map[string]any{
		{"type": "sleep", "id": "device-0", "recorded_date": day, "source": "bench", "total_sleep_minutes": 431, "total_inbed_minutes": 480},
		{"type": "steps", "id": "device-0", "recorded_date": day, "source": "bench", "steps": 4312},
		{"type": "pulse_ox", "id": "device-0", "recorded_date": day, "source": "bench", "spo2_percent": 97.5, "pulse_bpm": 61},
	}})
	return err
}

// create posts one thing to the native surface and gives its id.
func create[ID any](c *chartline, kind string, body map[string]any) (id ID, err error) {
	answer, err := post(c, "/api/v1/"+kind, http.StatusCreated, body)
	if err != nil {
		return id, err
	}
	var made struct {
		ID ID `json:"id"`
	}
	err = json.Unmarshal(answer, &made)
	return made.ID, err
}

// post sends JSON and gives the answer, which must have the wanted status.
func post(c *chartline, path string, status int, body map[string]any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+c.server.Addr.String()+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 30 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != status {
		return nil, fmt.Errorf("POST %s: status %d: %s", path, res.StatusCode, answer)
	}
	return answer, nil
}

// bringIn imports a recording of that size and gives its id.
func (b *bench) bringIn(dir, name string, size int64, owner ...string) (string, error) {
	file := filepath.Join(dir, "bench-recording.mp3")
	if err := writeRecording(file, size); err != nil {
		return "", err
	}
	var out struct {
		Items []struct {
			Recording struct {
				ID string `json:"id"`
			} `json:"recording"`
		} `json:"items"`
	}
	args := append([]string{"recording", "import", file, "--tenant", tenant, "--instance", instance, "--name", name, "--consent", "given"}, owner...)
	if err := b.command(dir, &out, args...); err != nil {
		return "", err
	}
	if len(out.Items) != 1 {
		return "", fmt.Errorf("import of one file gave %d", len(out.Items))
	}
	return out.Items[0].Recording.ID, os.Remove(file)
}

// writeRecording makes a file that begins as an MP3 file does.
func writeRecording(path string, size int64) error {
	if err := os.WriteFile(path, []byte("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xf3\x40\xc0"), 0o600); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

// startMedia starts our server on two recordings, a small and a large one.
func (b *bench) startMedia() (*chartline, error) {
	name := "chartline-media"
	if b.sealed {
		name = "chartline-sealed"
	}
	if b.opt.Quick {
		name += "-quick"
	}
	dir, err := b.cached(name, ourSchema, b.fillMedia)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, mediaFile)) // #nosec G304 -- our cache
	if err != nil {
		return nil, err
	}
	media := map[int64]string{}
	if err := json.Unmarshal(text, &media); err != nil {
		return nil, err
	}
	c, err := b.openChartline(dir, dataset{name: "media"})
	if err != nil {
		return nil, err
	}
	c.media = media
	return c, nil
}

func (b *bench) fillMedia(dir string) error {
	if err := b.chartlineTenant(dir); err != nil {
		return err
	}
	o, err := b.originals(dir)
	if err != nil {
		return err
	}
	media := map[int64]string{}
	small, large := b.mediaSizes()
	for _, size := range []int64{small, large} {
		if media[size], err = b.bringIn(dir, strconv.FormatInt(size, 10), size, "--call", o.call); err != nil {
			return err
		}
	}
	text, err := json.Marshal(media)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, mediaFile), text, 0o600)
}
