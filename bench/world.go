package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"chartline/bench/load"
	"chartline/bench/model"
	"chartline/bench/proc"
)

// world is a simulated installation that is being asked.
type world struct {
	model   *model.Model
	parts   []part
	nodes   []*proc.Server
	cluster *cluster // nil with SQLite
	dir     string   // of our server's files
	tokens  []string
	planted [][]string // sealed recordings, by tenant
	media   []byte     // what is uploaded
	mark    string     // keeps new names apart from all others
	made    int64
}

const plantedEach = 2

// startWorld starts our servers on a copy of the simulated data.
func (b *bench) startWorld(m *model.Model, engine string) (*world, error) {
	w := &world{model: m, parts: parts(m, b.simulatedVisits()), mark: strconv.FormatInt(time.Now().UnixNano(), 36)}
	b.sealed = true
	made := b.simulatedData
	if engine == "postgres" {
		made = b.simulatedPostgres
	}
	dir, err := made(m)
	if err != nil {
		return nil, err
	}
	if w.dir, err = b.copyOf(dir); err != nil {
		return nil, err
	}
	if engine == "postgres" {
		if w.cluster, err = b.openPostgres(w.dir); err != nil {
			return nil, err
		}
		w.dir = filepath.Join(w.dir, simulatedDatabase)
	}
	nodes := 1
	if w.cluster != nil {
		nodes = b.opt.Nodes
	}
	for range nodes {
		spec, err := b.chartlineSpec(w.dir)
		if err == nil {
			var node *proc.Server
			if node, err = b.startAndWait(spec); err == nil {
				w.nodes = append(w.nodes, node)
			}
		}
		if err != nil {
			w.stop(b)
			return nil, err
		}
	}
	if err = w.enter(); err == nil {
		err = w.plant(b.opt.Media)
	}
	if err != nil {
		w.stop(b)
		return nil, err
	}
	return w, nil
}

func (w *world) stop(b *bench) {
	for _, node := range w.nodes {
		node.Stop()
	}
	if w.cluster != nil {
		w.cluster.stop(b)
	}
	b.sealed = false
}

// enter gets each tenant's client a token.
func (w *world) enter() error {
	secret, err := os.ReadFile(filepath.Join(w.dir, simulatedSecret)) // #nosec G304 -- our cache
	if err != nil {
		return err
	}
	for _, p := range w.parts {
		var out struct{ Token string }
		if err := w.post("", "/auth/token", "application/json", fmt.Appendf(nil, `{"apiClient": %q, "secret": %q}`, p.client(), secret), &out); err != nil {
			return err
		}
		w.tokens = append(w.tokens, out.Token)
	}
	return nil
}

// plant uploads the recordings that are listened to: those of the data set have no
// bytes of their own.
func (w *world) plant(size int) error {
	w.media = append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xf3\x40\xc0"), bytes.Repeat([]byte{0xa5}, max(size-14, 0))...)
	for t := range w.parts {
		var ids []string
		for i := range plantedEach {
			var out struct{ ID string }
			if err := w.post(w.tokens[t], string(w.uploadPath(nil, t, float64(i)/plantedEach)), "audio/mpeg", w.media, &out); err != nil {
				return err
			}
			ids = append(ids, out.ID)
		}
		w.planted = append(w.planted, ids)
	}
	return nil
}

func (w *world) post(token, path, kind string, body []byte, into any) error {
	req, err := http.NewRequest(http.MethodPost, "http://"+w.nodes[0].Addr.String()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("POST %s: status %d: %s", path, res.StatusCode, text)
	}
	return json.Unmarshal(text, into)
}

// choose is one of the numbers from first to last.
func choose(pick float64, first, last int) int {
	return min(first+int(pick*float64(last-first+1)), last)
}

func (w *world) uploadPath(dst []byte, t int, pick float64) []byte {
	w.made++
	p := w.parts[t]
	return fmt.Appendf(dst, "/api/v1/recordings?name=%s-%d&consent=given&session=%024x", w.mark, w.made, choose(pick, p.firstVisit, p.lastVisit))
}

// statuses are what right answers have.
var statuses = [model.Kinds]int{
	model.Fresh: 200, model.Later: 200, model.Unknown: 400, model.Page: 200, model.Download: 200, model.Range: 206,
	model.Call: 201, model.Encounter: 201, model.Session: 201, model.Upload: 201, model.Audit: 200,
}

// request appends what is asked by an arrival.
func (w *world) request(dst []byte, a model.Arrival) []byte {
	p := w.parts[a.Tenant]
	visit, patient := choose(a.Pick, p.firstVisit, p.lastVisit), choose(a.Pick, p.firstPatient, p.lastPatient)
	switch a.Kind {
	case model.Fresh, model.Later:
		return w.get(appendName(append(dst, "GET /api/service/v1/encounter-from-recording/"...), visit), a)
	case model.Unknown:
		return w.get(fmt.Appendf(dst, "GET /api/service/v1/encounter-from-recording/none-%d", visit), a)
	case model.Page:
		return w.get(fmt.Appendf(dst, "GET /%s/%s/patients/%s/calls?page=0", p.name, instance, patientID(patient)), a)
	case model.Download, model.Range:
		ids := w.planted[a.Tenant]
		dst = fmt.Appendf(dst, "GET /api/v1/recordings/%s/content", ids[choose(a.Pick, 0, len(ids)-1)])
		if a.Kind == model.Download {
			return w.get(dst, a)
		}
		n := max(len(w.media)/5, 1) // as 1 MiB is of 5
		at := choose(a.Pick, 0, len(w.media)-n)
		return w.get(dst, a, "\r\nRange: bytes=", strconv.Itoa(at), "-", strconv.Itoa(at+n-1))
	case model.Audit:
		return w.get(append(dst, "GET /api/v1/audit?patient="+patientID(patient)...), a)
	case model.Upload:
		dst = w.uploadPath(append(dst, "POST "...), a.Tenant, a.Pick)
		return w.body(dst, a, "audio/mpeg", w.media)
	}
	path, body := w.arrives(a, visit, patient)
	return w.body(append(append(dst, "POST /api/v1/"...), path...), a, "application/json", body)
}

// arrives is a call, a visit or its session as it comes in.
func (w *world) arrives(a model.Arrival, visit, patient int) (path string, body []byte) {
	w.made++
	switch a.Kind {
	case model.Call:
		return "calls", fmt.Appendf(nil, `{"patientId": %q, "direction": "INBOUND", "status": "COMPLETED", "duration": 60, "calledAt": %q,
			"from": "+15550100", "to": "+15550101", "source": "bench", "externalId": "%s-%d"}`,
			patientID(patient), time.Unix(callsEnd+w.made, 0).UTC().Format(time.RFC3339), w.mark, w.made)
	case model.Encounter:
		return "encounters", fmt.Appendf(nil, `{"patientId": %q, "providerId": "%08x-0000-4000-9000-%012x", "complaint": "Follow-up visit"}`,
			patientID(patient), 1, 1)
	}
	return "sessions", fmt.Appendf(nil, `{"encounterId": %d, "status": "completed", "start": "2026-02-20T11:00:00Z", "end": "2026-02-20T11:01:41Z"}`,
		encounterFirst+visit)
}

func (w *world) get(dst []byte, a model.Arrival, more ...string) []byte {
	dst = append(dst, " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "...)
	return append(append(append(dst, w.tokens[a.Tenant]...), strings.Join(more, "")...), "\r\n\r\n"...)
}

func (w *world) body(dst []byte, a model.Arrival, kind string, body []byte) []byte {
	dst = append(dst, " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "...)
	dst = append(dst, w.tokens[a.Tenant]...)
	dst = fmt.Appendf(dst, "\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", kind, len(body))
	return append(dst, body...)
}

// alone asks for one kind and nothing else.
func (w *world) alone(k model.Kind, seed uint64) load.Target {
	next := w.model.Only(k, w.model.Busiest(), seed)
	return load.Target{Addr: w.nodes[0].Addr, Status: statuses[k], Request: func(dst []byte) []byte { return w.request(dst, next()) }}
}
