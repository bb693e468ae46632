package main

import (
	"database/sql"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Our rows are copies of rows that the server itself has made, one a table,
// with their keys replaced: columns that this file does not name keep what the
// server put there. The filler only writes what follows from a row's number.

// Person numbers and ids of the copies; the server gave its own the present year.
const (
	patientNumber  = 202_500_000_000
	providerNumber = 202_400_000_000
	encounterFirst = 1_000_000 // encounter i has the id encounterFirst + i
)

func patientID(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n) }

func fillChartline(f *filler, d dataset) error {
	if d.allPatients() == 0 {
		return nil
	}
	shared := []any{
		sql.Named("person", patientNumber), sql.Named("provider", providerNumber), sql.Named("encounter", encounterFirst),
		sql.Named("name", nameFirst), sql.Named("step", nameStep),
		sql.Named("providers", providers), sql.Named("each", d.encounters/d.patients),
	}
	const (
		uuidOf    = `printf('%08x-0000-4000-8000-%012x', i, i)`
		of        = `(1 + (i - 1) / @each)` // the patient of encounter i
		patientOf = `printf('%08x-0000-4000-8000-%012x', ` + of + `, ` + of + `)`
		name      = `CAST(@name + i * @step AS TEXT)`
		session   = `printf('%024x', i)`
		when      = `(1700000000 + i) * 1000000`
	)
	for _, c := range []struct {
		table, which string
		last         int
		set          map[string]string
	}{
		{"person", "t.kind = 'patient'", d.allPatients(), map[string]string{"number": `@person + i`}},
		{"person", "t.kind = 'provider'", providers, map[string]string{"number": `@provider + i`}},
		{"patient", "", d.allPatients(), map[string]string{
			"id": uuidOf, "number": `@person + i`, "mrn": `printf('MRN%08d', i)`, "external_id": `printf('X%08d', i)`,
			"last_name": `printf('Example%d', i)`, "email": `printf('p%d@example.org', i)`, "created_at": when}},
		{"provider", "", providers, map[string]string{
			"id": `printf('%08x-0000-4000-9000-%012x', i, i)`, "number": `@provider + i`, "email": `printf('v%d@example.org', i)`}},
		{"encounter", "", d.encounters, map[string]string{
			"id": `@encounter + i`, "patient": `@person + ` + of, "provider": `@provider + 1 + i % @providers`}},
		{"video_session", "", d.encounters, map[string]string{
			"id": session, "sid": uuidOf, "encounter": `@encounter + i`,
			"started_at": when, "ended_at": when + ` + 101 * 1000000`}},
		{"recording", "t.owner_kind = 'session'", d.encounters, map[string]string{
			"id": uuidOf, "name": name, "form": `replace(t.form, t.name, ` + name + `)`, "owner_id": session,
			"patient": patientOf, "encounter": `@encounter + i`, "created_at": when}},
	} {
		if err := f.copies(c.table, c.which, numbers, 1, c.last, c.set, shared...); err != nil {
			return err
		}
	}
	if err := f.exec(fmt.Sprintf("UPDATE counter SET value = value + %d WHERE name = 'patients'", d.allPatients())); err != nil {
		return err
	}
	if err := fillAppointments(f, d); err != nil {
		return err
	}
	if err := fillReadings(f, d); err != nil {
		return err
	}
	return fillCalls(f, d)
}

// fillReadings gives every patient a reading of every kind on each day.
func fillReadings(f *filler, d dataset) error {
	if d.measured == 0 {
		return nil
	}
	const (
		patient = `(1 + (i - 1) / @days)`
		at      = `(@from + (i - 1) % @days * 86400)`
		day     = `strftime('%Y-%m-%d', ` + at + `, 'unixepoch')`
	)
	for n, kind := range []string{"sleep", "steps", "pulse_ox"} {
		if err := f.copies("reading", "t.kind = '"+kind+"'", numbers, 1, d.patients*d.measured, map[string]string{
			"id": `printf('%08x-0000-4000-8000-%012x', i, @kind)`, "patient": `printf('%08x-0000-4000-8000-%012x', ` + patient + `, ` + patient + `)`,
			"sender_key": `printf('device-%d', i)`, "recorded": day, "recorded_day": day, "recorded_at": at + ` * 1000000`,
		}, sql.Named("days", d.measured), sql.Named("from", readingsFrom), sql.Named("kind", n)); err != nil {
			return err
		}
	}
	return nil
}

// fillAppointments books every provider at nine, eleven, one and three o'clock.
func fillAppointments(f *filler, d dataset) error {
	if d.bookedDays == 0 {
		return nil
	}
	today := time.Now().UTC().Truncate(24 * time.Hour).Unix()
	const of = `((i - 1) / @providers)` // which appointment of its provider
	return f.copies("appointment", "", numbers, 1, d.bookedDays*bookedADay*providers, map[string]string{
		"id": `@after + i`, "provider": `@provider + 1 + (i - 1) % @providers`,
		"start_at": `(@today + ` + of + ` / @aday * 86400 + (14 + 2 * (` + of + ` % @aday)) * 3600) * 1000000`,
	}, sql.Named("after", 1000), sql.Named("provider", providerNumber), sql.Named("providers", providers), sql.Named("today", today), sql.Named("aday", bookedADay))
}

// fillCalls adds the calls of the busy patient and of the quiet ones, and what
// the server counts of them.
func fillCalls(f *filler, d dataset) error {
	if d.busyCalls == 0 {
		return nil
	}
	set := map[string]string{
		"id":        `printf('%08x-0000-4000-8000-%012x', p, k)`,
		"patient":   `printf('%08x-0000-4000-8000-%012x', p, p)`,
		"direction": `CASE k % 2 WHEN 0 THEN 'INBOUND' ELSE 'OUTBOUND' END`,
		"status":    `CASE k % @noanswer WHEN 0 THEN 'NO_ANSWER' ELSE 'COMPLETED' END`,
		"duration":  `CASE k % @noanswer WHEN 0 THEN 0 ELSE 30 + k % 300 END`,
		"called_at": `(@end - k * @every) * 1000000`,
	}
	args := []any{sql.Named("noanswer", noAnswer), sql.Named("end", callsEnd), sql.Named("every", callsStep)}
	for _, c := range []struct {
		numbered    string
		first, each int
		last        int
	}{
		{`numbered(p, k) AS (SELECT @patient, i FROM n)`, d.busyPatient(), d.busyCalls, d.busyCalls - 1},
		{`numbered(p, k) AS (SELECT @patient + i / @each, i % @each FROM n)`, d.quietPatient(0), quietCalls, d.quiet*quietCalls - 1},
	} {
		all := append([]any{sql.Named("patient", c.first), sql.Named("each", c.each)}, args...)
		if err := f.copies("voice_call", "", numbers+", "+c.numbered, 0, c.last, set, all...); err != nil {
			return err
		}
		counts := map[string]string{
			"patient": `printf('%08x-0000-4000-8000-%012x', @patient + i, @patient + i)`, "total": `@each`,
		}
		if err := f.copies("call_stats", "", numbers, 0, (c.last+1)/c.each-1, counts, all...); err != nil {
			return err
		}
	}
	return nil
}

// copies inserts a copy of a table's first row (of those that which admits) for
// each number from first to last. In set's expressions t is that row.
func (f *filler) copies(table, which, with string, first, last int, set map[string]string, args ...any) error {
	columns, err := f.columns(table)
	if err != nil {
		return err
	}
	left := maps.Clone(set)
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = "t." + c
		if expr, ok := left[c]; ok {
			values[i] = expr
			delete(left, c)
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("table %s has no column for %v", table, left)
	}
	if which == "" {
		which = "true"
	}
	from := "n"
	if strings.Contains(with, "numbered") {
		from = "numbered"
	}
	template := "template_" + table
	if err := f.exec("DROP TABLE IF EXISTS temp."+template,
		"CREATE TEMP TABLE "+template+" AS SELECT * FROM main."+table+" AS t WHERE "+which+" LIMIT 1"); err != nil {
		return err
	}
	var have int
	if err := f.db.QueryRow("SELECT count(*) FROM temp." + template).Scan(&have); err != nil || have != 1 {
		return fmt.Errorf("table %s has no row to copy: %w", table, err)
	}
	return f.rows(first, last, with+" INSERT INTO main."+table+" ("+strings.Join(columns, ", ")+") SELECT "+
		strings.Join(values, ", ")+" FROM "+from+" CROSS JOIN temp."+template+" AS t", args...)
}

// columns are a table's, in order.
func (f *filler) columns(table string) ([]string, error) {
	rows, err := f.db.Query("SELECT name FROM pragma_table_info(?) ORDER BY cid", table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no table %s", table)
	}
	return names, rows.Err()
}
