package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"

	"chartline/bench/model"
)

// The simulated installation: tenants of very different sizes, each a clinic of
// its own, with the same rows in SQLite and in PostgreSQL. Each tenant's things are
// numbered without a gap, so that the load can ask for any of them.
const (
	simulatedTenants  = 200
	visitsEach        = 20 // of a patient
	callsEach         = 20
	providersEach     = 4
	simulatedSecret   = "bench-secret"
	simulatedDatabase = "node" // our server's files, beside PostgreSQL's
)

// part is what one tenant has: visits from first to last, and so on.
type part struct {
	name                                             string
	firstVisit, lastVisit, firstPatient, lastPatient int
}

func (p part) client() string { return "client-of-" + p.name }

// simulatedVisits is how many visits all tenants have together.
func (b *bench) simulatedVisits() int {
	if b.opt.Quick {
		return 10_000
	}
	return 1_000_000
}

// parts gives each tenant its part of the visits, and one patient at least.
func parts(m *model.Model, visits int) []part {
	var out []part
	visit, patient := 0, 0
	for i, t := range m.Tenants {
		n := max(int(math.Round(t.Part*float64(visits)))/visitsEach, 1)
		out = append(out, part{fmt.Sprintf("t%03d", i+1), visit + 1, visit + n*visitsEach, patient + 1, patient + n})
		visit, patient = visit+n*visitsEach, patient+n
	}
	return out
}

// simulatedData gives the directory of the data set in SQLite.
func (b *bench) simulatedData(m *model.Model) (string, error) {
	return b.cached(fmt.Sprintf("simulated-%d", b.simulatedVisits()), ourSchema, func(dir string) error {
		if err := b.chartlineTenant(dir); err != nil {
			return err
		}
		if err := b.keepSecret(dir); err != nil {
			return err
		}
		if err := b.firstRows(dir); err != nil {
			return err
		}
		f, err := openFiller(filepath.Join(dir, "chartline.db"))
		if err != nil {
			return err
		}
		return f.close(fillSimulated(f, parts(m, b.simulatedVisits())))
	})
}

// keepSecret writes down the secret of the client, which all tenants' clients share.
func (b *bench) keepSecret(dir string) error {
	name, err := os.ReadFile(filepath.Join(dir, clientFile)) // #nosec G304 -- our cache
	if err != nil {
		return err
	}
	var client struct{ Secret string }
	if err := b.command(dir, &client, "client", "rotate-secret", string(name), "--tenant", tenant); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, simulatedSecret), []byte(client.Secret), 0o600)
}

func fillSimulated(f *filler, tenants []part) error {
	const (
		uuidOf  = `printf('%08x-0000-4000-8000-%012x', i, i)`
		of      = `(@patients + (i - @visits) / @each)` // the patient of visit i
		owner   = `printf('%08x-0000-4000-8000-%012x', ` + of + `, ` + of + `)`
		name    = `CAST(@name + i * @step AS TEXT)`
		session = `printf('%024x', i)`
		when    = `(1700000000 + i) * 1000000`
		call    = `printf('%08x-0000-4000-8000-%012x', @patients + i / @calls, i % @calls)`
		caller  = `printf('%08x-0000-4000-8000-%012x', @patients + i / @calls, @patients + i / @calls)`
	)
	for _, t := range tenants {
		patients := t.lastPatient - t.firstPatient + 1
		args := []any{
			sql.Named("tenant", t.name), sql.Named("client", t.client()), sql.Named("visits", t.firstVisit), sql.Named("patients", t.firstPatient),
			sql.Named("each", visitsEach), sql.Named("calls", callsEach), sql.Named("name", nameFirst), sql.Named("step", nameStep), sql.Named("end", callsEnd),
			sql.Named("person", patientNumber), sql.Named("provider", providerNumber), sql.Named("encounter", encounterFirst), sql.Named("providers", providersEach), sql.Named("count", patients),
		}
		for _, c := range []struct {
			table, which string
			first, last  int
			set          map[string]string
		}{
			{"tenant", "t.name = '" + tenant + "'", 1, 1, map[string]string{"name": "@tenant"}},
			{"instance", "", 1, 1, nil},
			{"practice", "", 1, 1, nil},
			{"client", "", 1, 1, map[string]string{"name": "@client"}},
			{"person", "t.kind = 'patient'", t.firstPatient, t.lastPatient, map[string]string{"number": "@person + i"}},
			{"person", "t.kind = 'provider'", 1, providersEach, map[string]string{"number": "@provider + i"}},
			{"patient", "", t.firstPatient, t.lastPatient, map[string]string{
				"id": uuidOf, "number": "@person + i", "mrn": "printf('MRN%08d', i)", "external_id": "printf('X%08d', i)",
				"last_name": "printf('Example%d', i)", "email": "printf('p%d@example.org', i)", "created_at": when}},
			{"provider", "", 1, providersEach, map[string]string{
				"id": "printf('%08x-0000-4000-9000-%012x', i, i)", "number": "@provider + i", "email": "printf('v%d@example.org', i)"}},
			{"encounter", "", t.firstVisit, t.lastVisit, map[string]string{
				"id": "@encounter + i", "patient": "@person + " + of, "provider": "@provider + 1 + i % @providers"}},
			{"video_session", "", t.firstVisit, t.lastVisit, map[string]string{
				"id": session, "sid": uuidOf, "encounter": "@encounter + i", "started_at": when, "ended_at": when + " + 101 * 1000000"}},
			{"recording", "t.owner_kind = 'session'", t.firstVisit, t.lastVisit, map[string]string{
				"id": uuidOf, "name": name, "form": "replace(t.form, t.name, " + name + ")", "owner_id": session,
				"patient": owner, "encounter": "@encounter + i", "created_at": when}},
			{"voice_call", "", 0, patients*callsEach - 1, map[string]string{"id": call, "patient": caller, "called_at": "(@end - i * 60) * 1000000"}},
			{"call_stats", "", 0, patients - 1, map[string]string{
				"patient": "printf('%08x-0000-4000-8000-%012x', @patients + i, @patients + i)", "total": "@calls"}},
		} {
			set := map[string]string{"tenant": "@tenant"}
			if c.table == "tenant" {
				delete(set, "tenant")
			}
			for column, value := range c.set {
				set[column] = value
			}
			if err := f.copies(c.table, c.which, numbers, c.first, c.last, set, args...); err != nil {
				return err
			}
		}
		for _, all := range []string{
			`INSERT INTO client_grant (client, tenant, instance, name, until_at, created_at)
			SELECT @client, @tenant, instance, name, until_at, created_at FROM client_grant WHERE tenant = '` + tenant + `'`,
			`INSERT INTO counter (tenant, instance, name, value)
			SELECT @tenant, instance, name, CASE name WHEN 'patients' THEN @count ELSE value END FROM counter WHERE tenant = '` + tenant + `'`,
		} {
			if _, err := f.db.Exec(all, args...); err != nil {
				return fmt.Errorf("%w\n%s", err, all)
			}
		}
	}
	return nil
}

// simulatedPostgres gives the directory of the same rows in PostgreSQL: a backup of
// the one engine is put back into the other.
func (b *bench) simulatedPostgres(m *model.Model) (string, error) {
	from, err := b.simulatedData(m)
	if err != nil {
		return "", err
	}
	return b.cached(fmt.Sprintf("postgres-simulated-%d", b.simulatedVisits()), pgSchema, func(dir string) error {
		kept := filepath.Join(dir, "backup")
		var made json.RawMessage
		if err := b.command(from, &made, "backup", "create", kept); err != nil {
			return err
		}
		c, err := b.openPostgres(dir)
		if err != nil {
			return err
		}
		defer c.stop(b)
		if err := c.sql("postgres", "CREATE ROLE chartline LOGIN", "CREATE DATABASE chartline OWNER chartline TEMPLATE template0"); err != nil {
			return err
		}
		if err := b.command(filepath.Join(dir, simulatedDatabase), &made, "restore", kept); err != nil {
			return err
		}
		secret, err := os.ReadFile(filepath.Join(from, simulatedSecret)) // #nosec G304 -- our cache
		if err != nil {
			return err
		}
		return errors.Join(c.sql("chartline", "VACUUM ANALYZE", "CHECKPOINT"), os.RemoveAll(kept),
			os.WriteFile(filepath.Join(dir, simulatedDatabase, simulatedSecret), secret, 0o600))
	})
}

// copyOf copies a data set that is about to be changed, until the benchmark ends.
func (b *bench) copyOf(dir string) (string, error) {
	to := dir + "-used"
	if err := os.RemoveAll(to); err != nil {
		return "", err
	}
	b.later(func() { _ = os.RemoveAll(to) })
	out, err := exec.Command("cp", "-a", dir, to).CombinedOutput() // #nosec G204 -- our cache
	if err != nil {
		return "", fmt.Errorf("copy %s: %w\n%s", dir, err, out)
	}
	return to, nil
}
