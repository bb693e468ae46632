package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"chartline/bench/proc"
)

// pocketbase is the peer with one data set.
type pocketbase struct {
	server *proc.Server
	token  string
	data   dataset
	dir    string
}

func (b *bench) pocketbaseData(d dataset) (string, error) {
	return b.cached("pocketbase-"+d.name, theirSchema, func(dir string) error {
		cmd := exec.Command(b.bin.pocketbase, "init", "--dir", dir) // #nosec G204 -- the peer that we built
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("init: %w\n%s", err, out)
		}
		if err := os.WriteFile(filepath.Join(dir, "token"), out, 0o600); err != nil {
			return err
		}
		f, err := openFiller(filepath.Join(dir, "data.db"))
		if err != nil {
			return err
		}
		return f.close(fillPocketbase(f, d))
	})
}

func (b *bench) pocketbaseSpec(dir string) (proc.Spec, error) {
	addr, err := proc.FreeAddr()
	return proc.Spec{
		Name: "pocketbase", Path: b.bin.pocketbase, Addr: addr, Core: b.opt.serverCore(),
		Args: []string{"serve", "--dir", dir, "--http", addr.String()},
	}, err
}

func (b *bench) startPocketbase(d dataset) (*pocketbase, error) {
	dir, err := b.pocketbaseData(d)
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(filepath.Join(dir, "token")) // #nosec G304 -- our cache
	if err != nil {
		return nil, err
	}
	spec, err := b.pocketbaseSpec(dir)
	if err != nil {
		return nil, err
	}
	server, err := b.startAndWait(spec)
	if err != nil {
		return nil, err
	}
	return &pocketbase{server: server, token: strings.TrimSpace(string(token)), data: d, dir: dir}, nil
}

func (b *bench) pocketbaseStarter(d dataset) (starter, error) {
	dir, err := b.pocketbaseData(d)
	if err != nil {
		return starter{}, err
	}
	p, err := b.startPocketbase(d) // once to know that it works
	if err != nil {
		return starter{}, err
	}
	p.server.Stop()
	return starter{
		spec: func() (proc.Spec, error) { return b.pocketbaseSpec(dir) },
		request: func(addr string) string {
			return "GET " + string(p.lookupPath(nil, 1)) + " HTTP/1.1\r\nHost: " + addr + "\r\nAuthorization: Bearer " + p.token + "\r\n\r\n"
		},
		status: 200,
	}, nil
}

// The requests. lookupPath is what its client library's getFirstListItem asks.
func (p *pocketbase) lookupPath(dst []byte, i int) []byte {
	dst = append(dst, "/api/collections/recordings/records?page=1&perPage=1&skipTotal=1&filter=name%3D%27"...)
	return append(appendName(dst, i), "%27"...)
}

// expandPath asks for all that our answer shows.
func (p *pocketbase) expandPath(dst []byte, i int) []byte {
	return append(p.lookupPath(dst, i), "&expand=session,encounter.patient,encounter.provider"...)
}

func (p *pocketbase) callsPath(dst []byte, patient, page int, more string) []byte {
	dst = append(dst, "/api/collections/calls/records?perPage=20&sort=-called_at,-id&page="...)
	dst = strconv.AppendInt(dst, int64(page)+1, 10)
	dst = append(dst, "&filter="...)
	dst = append(dst, url.QueryEscape("patient='"+pocketbaseID("p", patient)+"'")...)
	return append(dst, more...)
}

func pocketbaseID(kind string, n int) string { return fmt.Sprintf("%s%014d", kind, n) }

func fillPocketbase(f *filler, d dataset) error {
	if d.allPatients() == 0 {
		return nil
	}
	err := f.rows(1, d.allPatients(), numbers+`INSERT INTO patients (id, full_name, gender, birth_date, email, phone, country_code, timezone, mrn)
		SELECT printf('p%014d', i), printf('Patient%d Example', i), 'female', '1980-02-03', printf('p%d@example.org', i),
			printf('555%07d', i), '+1', 'America/New_York', printf('MRN%08d', i) FROM n`)
	if err != nil {
		return err
	}
	err = f.rows(1, providers, numbers+`INSERT INTO providers (id, full_name, provider_title, email, phone, country_code, timezone)
		SELECT printf('v%014d', i), printf('Provider%d Example', i), 'MD', printf('v%d@example.org', i), printf('555%07d', i), '+1', 'America/New_York' FROM n`)
	if err != nil {
		return err
	}
	err = f.rows(1, d.encounters, numbers+`INSERT INTO encounters (id, number, patient, provider, complaint)
		SELECT printf('e%014d', i), i, printf('p%014d', 1 + (i - 1) / @each), printf('v%014d', 1 + i % @providers), 'Follow-up visit' FROM n`,
		sql.Named("each", d.encounters/d.patients), sql.Named("providers", providers))
	if err != nil {
		return err
	}
	err = f.rows(1, d.encounters, numbers+`INSERT INTO sessions (id, encounter, sid, status, started_at, ended_at, duration)
		SELECT printf('s%014d', i), printf('e%014d', i), printf('%08x-0000-4000-8000-%012x', i, i), 'completed',
			strftime('%Y-%m-%d %H:%M:%S.000Z', 1700000000 + i, 'unixepoch'), strftime('%Y-%m-%d %H:%M:%S.000Z', 1700000101 + i, 'unixepoch'), 101 FROM n`)
	if err != nil {
		return err
	}
	err = f.rows(1, d.encounters, numbers+`INSERT INTO recordings (id, name, session, encounter)
		SELECT printf('r%014d', i), CAST(@name + i * @step AS TEXT), printf('s%014d', i), printf('e%014d', i) FROM n`,
		sql.Named("name", nameFirst), sql.Named("step", nameStep))
	if err != nil {
		return err
	}
	return eachPatientsCalls(f, d, numbers+`INSERT INTO calls (id, patient, direction, duration, status, called_at, has_recording)
		SELECT printf('c%06d%08d', p, k), printf('p%014d', p), CASE k % 2 WHEN 0 THEN 'INBOUND' ELSE 'OUTBOUND' END,
			CASE k % @noanswer WHEN 0 THEN 0 ELSE 30 + k % 300 END, CASE k % @noanswer WHEN 0 THEN 'NO_ANSWER' ELSE 'COMPLETED' END,
			strftime('%Y-%m-%d %H:%M:%S.000Z', @end - k * @step, 'unixepoch'), 0 FROM numbered`)
}

// eachPatientsCalls runs insert, which reads patient p and call k from
// numbered, for the busy patient and then for the quiet ones.
func eachPatientsCalls(f *filler, d dataset, insert string) error {
	if d.busyCalls == 0 {
		return nil
	}
	body := strings.TrimPrefix(insert, numbers)
	args := []any{sql.Named("noanswer", noAnswer), sql.Named("end", callsEnd), sql.Named("step", callsStep)}
	head := strings.TrimSpace(numbers)
	busy := head + `, numbered(p, k) AS (SELECT @patient, i FROM n) ` + body
	if err := f.rows(0, d.busyCalls-1, busy, append(args, sql.Named("patient", d.busyPatient()))...); err != nil {
		return err
	}
	quiet := head + `, numbered(p, k) AS (SELECT @patient + i / @each, i % @each FROM n) ` + body
	return f.rows(0, d.quiet*quietCalls-1, quiet, append(args, sql.Named("patient", d.quietPatient(0)), sql.Named("each", quietCalls))...)
}
