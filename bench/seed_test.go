package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartline/bench/model"
)

// schema makes a database from the server's own migrations, with one row of
// placeholders in each table that the filler copies from.
func schema(t *testing.T) *filler {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chartline.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openFiller(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close(nil) })
	files, err := filepath.Glob("../internal/store/sqlite/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	slices.Sort(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		if err := f.exec(up); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"person", "patient", "provider", "encounter", "video_session", "recording", "voice_call", "call_stats", "appointment"} {
		placeholder(t, f, table, nil)
	}
	placeholder(t, f, "person", map[string]string{"number": "2", "kind": "'provider'"})
	placeholder(t, f, "counter", map[string]string{"name": "'patients'"})
	for _, kind := range []string{"'sleep'", "'steps'", "'pulse_ox'"} {
		placeholder(t, f, "reading", map[string]string{"id": kind, "kind": kind})
	}
	if err := f.exec("UPDATE person SET kind = 'patient' WHERE number = 1", "UPDATE recording SET owner_kind = 'session', name = 'tmpl', form = 'tmpl/'"); err != nil {
		t.Fatal(err)
	}
	return f
}

func placeholder(t *testing.T, f *filler, table string, set map[string]string) {
	t.Helper()
	columns, err := f.columns(table)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]string, len(columns))
	for i, c := range columns {
		var kind string
		if err := f.db.QueryRow("SELECT type FROM pragma_table_info(?) WHERE name = ?", table, c).Scan(&kind); err != nil {
			t.Fatal(err)
		}
		values[i] = map[string]string{"TEXT": "'x'", "INTEGER": "1", "BLOB": "x'00'"}[kind]
		if v, ok := set[c]; ok {
			values[i] = v
		}
	}
	if err := f.exec(fmt.Sprintf("INSERT INTO %s VALUES (%s)", table, strings.Join(values, ", "))); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, f *filler, query string, args ...any) int {
	t.Helper()
	var n int
	if err := f.db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n
}

func TestOurDataSetHasTheRowsThatTheLoadAsksFor(t *testing.T) {
	t.Parallel()
	f := schema(t)
	d := dataset{encounters: 1000, patients: 50, busyCalls: 300, quiet: 3, bookedDays: 3, measured: 2}
	if err := fillChartline(f, d); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"SELECT count(*) FROM encounter WHERE id > 1000000":                                                                                   1000,
		"SELECT count(DISTINCT patient) FROM encounter WHERE id > 1000000":                                                                    50,
		"SELECT count(*) FROM encounter e JOIN patient p ON p.number = e.patient JOIN provider v ON v.number = e.provider":                    1 + 1000,
		"SELECT count(*) FROM video_session s JOIN encounter e ON e.id = s.encounter JOIN recording r ON r.owner_id = s.id":                   1 + 1000,
		"SELECT count(*) FROM recording r JOIN patient p ON p.id = r.patient JOIN encounter e ON e.id = r.encounter AND e.patient = p.number": 1 + 1000,
		"SELECT count(*) FROM recording WHERE form = name || '/'":                                                                             1001,
		"SELECT count(*) FROM person":                                                                    2 + 54 + 200,
		"SELECT sum(total) FROM call_stats WHERE patient <> 'x'":                                         600,
		"SELECT count(*) FROM call_stats":                                                                1 + 4,
		"SELECT value FROM counter":                                                                      1 + 54,
		"SELECT count(*) FROM reading r JOIN patient p ON p.id = r.patient":                              3 + 3*2*50,
		"SELECT count(DISTINCT recorded_day) FROM reading WHERE id NOT LIKE '%s%' AND id NOT LIKE '%ox'": 2,
		"SELECT count(*) FROM appointment":                                                               1 + 3*bookedADay*providers,
		"SELECT count(DISTINCT start_at) FROM appointment WHERE provider = 202400000001":                 3 * bookedADay,
	} {
		if got := count(t, f, query); got != want {
			t.Errorf("%d, want %d: %s", got, want, query)
		}
	}
	if n := count(t, f, "SELECT count(*) FROM recording WHERE name = ?", string(appendName(nil, 777))); n != 1 {
		t.Errorf("%d recordings have the name that a look-up of 777 asks for", n)
	}
	calls := "SELECT count(*) FROM voice_call WHERE patient = ?"
	if n := count(t, f, calls, patientID(d.busyPatient())); n != d.busyCalls {
		t.Errorf("the busy patient has %d calls", n)
	}
	if n := count(t, f, calls, patientID(d.quietPatient(d.quiet-1))); n != quietCalls {
		t.Errorf("the last quiet patient has %d calls", n)
	}
	if n := count(t, f, calls+" AND status = 'NO_ANSWER'", patientID(d.busyPatient())); n != d.unanswered() {
		t.Errorf("%d unanswered calls, expected %d", n, d.unanswered())
	}
	if n := count(t, f, "SELECT count(DISTINCT called_at) FROM voice_call WHERE patient = ?", patientID(d.busyPatient())); n != d.busyCalls {
		t.Errorf("%d different times", n)
	}
}

func TestEachSimulatedTenantHasItsPartOfTheRows(t *testing.T) {
	t.Parallel()
	f := schema(t)
	placeholder(t, f, "tenant", map[string]string{"name": "'bench'"})
	for _, table := range []string{"instance", "practice", "client", "client_grant"} {
		placeholder(t, f, table, map[string]string{"tenant": "'bench'"})
	}
	tenants := parts(model.New(model.Default(1e6, 5), 1), 1000)
	if err := fillSimulated(f, tenants); err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, p := range tenants {
		if p.firstVisit != last+1 || p.lastVisit-p.firstVisit+1 != visitsEach*(p.lastPatient-p.firstPatient+1) {
			t.Errorf("part %+v follows %d", p, last)
		}
		last = p.lastVisit
		for query, want := range map[string]int{
			"SELECT count(*) FROM tenant WHERE name = ?":                                                                      1,
			"SELECT count(*) FROM client JOIN client_grant g ON g.client = client.name WHERE client.tenant = ?":               1,
			"SELECT count(*) FROM voice_call c JOIN patient p ON p.tenant = c.tenant AND p.id = c.patient WHERE c.tenant = ?": callsEach * (p.lastPatient - p.firstPatient + 1),
			`SELECT count(*) FROM recording r JOIN video_session s ON s.tenant = r.tenant AND s.id = r.owner_id
				JOIN encounter e ON e.tenant = s.tenant AND e.id = s.encounter AND e.id = r.encounter
				JOIN patient p ON p.tenant = e.tenant AND p.number = e.patient AND p.id = r.patient
				JOIN provider v ON v.tenant = e.tenant AND v.number = e.provider WHERE r.tenant = ?`: p.lastVisit - p.firstVisit + 1,
		} {
			if got := count(t, f, query, p.name); got != want {
				t.Errorf("%s: %d, want %d: %s", p.name, got, want, query)
			}
		}
		for _, visit := range []int{p.firstVisit, p.lastVisit} {
			if n := count(t, f, "SELECT count(*) FROM recording WHERE tenant = ? AND name = ?", p.name, string(appendName(nil, visit))); n != 1 {
				t.Errorf("%s: %d recordings have the name that a look-up of %d asks for", p.name, n, visit)
			}
		}
	}
}

func TestAColumnThatIsGoneIsSaidAndNotPassedOver(t *testing.T) {
	t.Parallel()
	f := schema(t)
	err := f.copies("patient", "", numbers, 1, 2, map[string]string{"surname": "'x'"})
	if err == nil || !strings.Contains(err.Error(), "surname") {
		t.Errorf("error %v", err)
	}
	if err := f.copies("encounter", "t.id < 0", numbers, 1, 2, nil, sql.Named("unused", 1)); err == nil {
		t.Error("copied no row")
	}
}

func TestRowsAreWrittenOverSeveralBatches(t *testing.T) {
	t.Parallel()
	f := schema(t)
	if err := f.exec("CREATE TABLE tally (i INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	f.batch = 100
	const last = 234
	if err := f.rows(5, last, numbers+"INSERT INTO tally SELECT i FROM n"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, f, "SELECT count(*) FROM tally WHERE i BETWEEN 5 AND ?", last); n != last-4 {
		t.Errorf("%d rows, want %d", n, last-4)
	}
}

func TestADataSetIsMadeOnceAndAgainWhenItsSchemaChanges(t *testing.T) {
	t.Parallel()
	b := &bench{cache: t.TempDir(), report: &report{w: io.Discard}}
	schema := filepath.Join(t.TempDir(), "1.sql")
	made := 0
	for _, c := range []struct {
		text string
		fail bool
		want int
	}{{"a", true, 1}, {"a", false, 2}, {"a", false, 2}, {"b", false, 3}, {"b", false, 3}} {
		if err := os.WriteFile(schema, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		dir, err := b.cached("set", schema, func(dir string) error {
			made++
			if c.fail {
				return errors.New("the disk is full")
			}
			return os.WriteFile(filepath.Join(dir, "rows"), nil, 0o600)
		})
		if (err != nil) != c.fail || made != c.want {
			t.Fatalf("made %d times, want %d: %v", made, c.want, err)
		}
		if err == nil {
			if _, err := os.Stat(filepath.Join(dir, "rows")); err != nil {
				t.Error(err)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(b.cache, "data", "*")); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}
