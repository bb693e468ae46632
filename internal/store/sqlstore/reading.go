package sqlstore

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"chartline/internal/care"
)

const (
	sqlReadingAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		EXISTS (SELECT 1 FROM reading WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM reading WHERE tenant = $1 AND instance = $2 AND patient = $4 AND kind = $5 AND sender_key = $6 AND sender_key <> '')`
	sqlReadingInsert = `
	INSERT INTO reading (tenant, instance, id, patient, kind, sender_key, source, recorded, recorded_day, recorded_at,
		in_bed_minutes, asleep_minutes, steps, spo2, pulse, created_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

	// colsWanted is one row for each UUID in $3, which are 36 characters each and
	// stand there one after the other: one statement for any number of them.
	colsWanted = `
	WITH RECURSIVE wanted (place) AS (
		SELECT 1 UNION ALL SELECT place + 36 FROM wanted WHERE place + 36 <= length(CAST($3 AS text)))`
	colWanted = `substr(CAST($3 AS text), w.place, 36)`

	sqlReadingsOf = colsWanted + `
	SELECT r.tenant, r.instance, r.id, r.patient, r.kind, r.sender_key, r.source, r.recorded, r.recorded_day, r.recorded_at,
		r.in_bed_minutes, r.asleep_minutes, r.steps, r.spo2, r.pulse, r.created_at
	FROM wanted w CROSS JOIN reading r
	WHERE r.tenant = $1 AND r.instance = $2 AND r.patient = ` + colWanted + ` AND r.kind = $4
		AND r.recorded_at >= $5 AND r.recorded_at <= $6 AND r.recorded_day >= $7 AND r.recorded_day <= $8
	LIMIT $9`

	sqlLastCalls = colsWanted + `
	SELECT c.patient, c.called_at, c.duration
	FROM wanted w CROSS JOIN voice_call c
	WHERE c.tenant = $1 AND c.instance = $2 AND c.id = (
		SELECT l.id FROM voice_call l
		WHERE l.tenant = $1 AND l.instance = $2 AND l.patient = ` + colWanted + ` AND l.status IN ('COMPLETED', 'IN_PROGRESS')
		ORDER BY l.called_at DESC, l.id DESC LIMIT 1)`
	sqlLastSessions = colsWanted + `
	SELECT p.id, s.started_at, s.ended_at, s.reported
	FROM wanted w CROSS JOIN patient p CROSS JOIN video_session s
	WHERE p.tenant = $1 AND p.instance = $2 AND p.id = ` + colWanted + `
		AND s.tenant = $1 AND s.instance = $2 AND s.id = (
		SELECT v.id FROM encounter e CROSS JOIN video_session v
		WHERE e.tenant = $1 AND e.instance = $2 AND e.patient = p.number
			AND v.tenant = $1 AND v.instance = $2 AND v.encounter = e.id AND v.status IN ('completed', 'in_progress')
		ORDER BY v.started_at DESC, v.id DESC LIMIT 1)`
)

func scanReading(r *row) care.Reading {
	return care.Reading{
		Scope: scanScope(r), ID: r.text(), Patient: r.text(), Kind: care.ReadingKind(r.text()), Key: r.text(), Source: r.text(),
		Recorded: r.text(), Day: r.text(), RecordedAt: r.time(), InBedMinutes: r.maybeInt(), AsleepMinutes: r.maybeInt(), Steps: r.maybeInt(),
		SpO2: r.text(), Pulse: r.text(), CreatedAt: r.time(),
	}
}

func (t *tx) CreateReading(r care.Reading) error {
	if err := t.admit("reading", []string{"patient"}, []string{"id", "key"},
		sqlReadingAdmit, r.Tenant, r.Instance, r.ID, r.Patient, string(r.Kind), r.Key); err != nil {
		return err
	}
	_, err := t.exec(sqlReadingInsert, r.Tenant, r.Instance, r.ID, r.Patient, string(r.Kind), r.Key, r.Source, r.Recorded, r.Day,
		micros(r.RecordedAt), maybeInt(r.InBedMinutes), maybeInt(r.AsleepMinutes), maybeInt(r.Steps), r.SpO2, r.Pulse, micros(r.CreatedAt))
	return err
}

// The offsets that a time can have: a date begins in the east this much before
// it does in UTC, and ends in the west this much after.
const (
	aheadOfUTC  = 14 * time.Hour
	behindOfUTC = 12 * time.Hour
	lastDay     = "9999-12-31"
)

// readingBounds are the instants and dates between which readings are wanted.
// Dates alone bound the instants as well: those are what the index orders.
func readingBounds(r care.ReadingRange) (from, until int64, fromDay, untilDay string) {
	from, until, untilDay = math.MinInt64, math.MaxInt64, lastDay
	if r.FromDay != "" {
		fromDay = r.FromDay
		if day, ok := care.ParseDate(r.FromDay); ok {
			from = micros(day.Add(-aheadOfUTC))
		}
	}
	if r.UntilDay != "" {
		untilDay = r.UntilDay
		if day, ok := care.ParseDate(r.UntilDay); ok {
			until = micros(day.AddDate(0, 0, 1).Add(behindOfUTC))
		}
	}
	if r.From != nil {
		from = max(from, micros(*r.From))
	}
	if r.Until != nil {
		until = min(until, micros(*r.Until))
	}
	return from, until, fromDay, untilDay
}

func (t *tx) ReadingsOf(s care.Scope, patients []string, kind care.ReadingKind, r care.ReadingRange, limit int) ([]care.Reading, error) {
	from, until, fromDay, untilDay := readingBounds(r)
	var found []care.Reading
	err := t.walk(t.ctx, sqlReadingsOf,
		values(s.Tenant, s.Instance, uuids(patients), string(kind), from, until, fromDay, untilDay, int64(limit)),
		func(r *row) error { found = append(found, scanReading(r)); return nil })
	slices.SortFunc(found, func(a, b care.Reading) int {
		return cmp.Or(strings.Compare(a.Patient, b.Patient), a.RecordedAt.Compare(b.RecordedAt), strings.Compare(a.ID, b.ID))
	})
	return found, err
}

func (t *tx) LastContacts(s care.Scope, patients []string) (map[string]care.Contact, error) {
	last := make(map[string]care.Contact, len(patients))
	keep := func(patient string, c care.Contact) {
		if known, ok := last[patient]; !ok || c.At.After(known.At) {
			last[patient] = c
		}
	}
	wanted := values(s.Tenant, s.Instance, uuids(patients))
	err := t.walk(t.ctx, sqlLastCalls, wanted, func(r *row) error {
		keep(r.text(), care.Contact{At: r.time(), Seconds: r.int()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.walk(t.ctx, sqlLastSessions, wanted, func(r *row) error {
		patient := r.text()
		v := care.Session{Start: r.time(), End: r.maybeTime(), Reported: r.maybeInt()}
		keep(patient, care.Contact{At: v.Start, Seconds: v.Duration()})
		return nil
	})
	return last, err
}

// uuids puts UUIDs one after the other, for colsWanted, each once. What is none
// is nobody's.
func uuids(ids []string) string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var b strings.Builder
	for _, id := range slices.Compact(ids) {
		if len(id) == 36 {
			b.WriteString(id)
		}
	}
	return b.String()
}
