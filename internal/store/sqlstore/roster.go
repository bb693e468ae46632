package sqlstore

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"chartline/internal/care"
	"chartline/internal/store"
)

// rosterCounter counts an instance's patients. Since none is ever taken out, it
// is the version of their list as well.
const rosterCounter = "patients"

const (
	sqlRosterTotal = `
	SELECT value FROM counter WHERE tenant = $1 AND instance = $2 AND name = $3`

	// Both bounds leave out the key that they name.
	colsRosterRange = ` FROM patient WHERE tenant = $1 AND instance = $2 AND (created_at, id) > ($3, $4) AND (created_at, id) < ($5, $6)`
	sqlRosterCount  = `
	SELECT count(*)` + colsRosterRange

	colsRoster = `
	SELECT p.tenant, p.instance, p.id, p.number, p.first_name, p.middle_name, p.last_name, p.birth_date, p.gender,
		p.email, p.phone, p.country_code, p.time_zone, p.mrn, p.external_id, p.created_at, p.updated_at, d.details
	FROM (SELECT id`
	colsRosterEnd = ` LIMIT $7 OFFSET $8) k
	CROSS JOIN patient p
	LEFT JOIN person_details d ON d.tenant = p.tenant AND d.instance = p.instance AND d.person = p.number
	WHERE p.tenant = $1 AND p.instance = $2 AND p.id = k.id`
	sqlRosterUp   = colsRoster + colsRosterRange + ` ORDER BY created_at, id` + colsRosterEnd
	sqlRosterDown = colsRoster + colsRosterRange + ` ORDER BY created_at DESC, id DESC` + colsRosterEnd
)

func scanRosterEntry(r *row) care.RosterEntry {
	e := care.RosterEntry{Patient: scanPatient(r)}
	if text := r.text(); text != "" {
		if err := json.Unmarshal([]byte(text), &e.Details); err != nil {
			r.fail(err)
		}
	}
	e.Details.Scope, e.Details.Person = e.Patient.Scope, e.Patient.Number
	return e
}

func rosterKey(e care.RosterEntry) pageKey { return pageKey{micros(e.Patient.CreatedAt), e.Patient.ID} }

func rosterListOf(s care.Scope, p store.RosterPage) pagedList {
	l := pagedList{scope: s, from: math.MinInt64, until: math.MaxInt64}
	if p.From != nil {
		l.from = micros(*p.From)
	}
	if p.Until != nil {
		l.until = micros(*p.Until)
	}
	return l
}

func (t *tx) Roster(s care.Scope, p store.RosterPage) ([]care.RosterEntry, int, error) {
	total, err := one(t, "", (*row).int, sqlRosterTotal, s.Tenant, s.Instance, rosterCounter)
	if care.IsNotFound(err) || p.Size < 1 || p.Page < 0 {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	l, version := rosterListOf(s, p), total
	if p.From != nil || p.Until != nil {
		if total, err = t.countRoster(l, version); err != nil {
			return nil, 0, err
		}
	}
	size := int64(p.Size)
	if total == 0 || int64(p.Page) > (total-1)/size {
		return nil, int(total), nil
	}
	low := int64(p.Page) * size
	high := min(low+size, total)
	entries, err := between(t, l, version, total, low, high, rosterKey, func(up bool, first, last pageKey, offset int64) ([]care.RosterEntry, error) {
		return t.rosterBetween(l.scope, up, first, last, high-low, offset)
	})
	return entries, int(total), err
}

// rosterBetween reads n patients between two keys, past so many.
func (t *tx) rosterBetween(s care.Scope, up bool, first, last pageKey, n, offset int64) ([]care.RosterEntry, error) {
	sql, order := sqlRosterUp, 1
	if !up {
		sql, order = sqlRosterDown, -1
	}
	entries := make([]care.RosterEntry, 0, n)
	err := t.walk(t.scan(offset+n), sql, values(s.Tenant, s.Instance, first.at, first.id, last.at, last.id, n, offset), func(r *row) error {
		entries = append(entries, scanRosterEntry(r))
		return nil
	})
	// A join promises no order, whatever order its first part has.
	slices.SortFunc(entries, func(a, b care.RosterEntry) int {
		if c := a.Patient.CreatedAt.Compare(b.Patient.CreatedAt); c != 0 {
			return order * c
		}
		return order * strings.Compare(a.Patient.ID, b.Patient.ID)
	})
	return entries, err
}

// countRoster counts the patients of a time, once for each version of the list.
func (t *tx) countRoster(l pagedList, version int64) (int64, error) {
	if n, ok := t.pages().total(l, version); ok {
		return n, nil
	}
	low, high := l.bounds()
	var n int64
	err := t.walk(t.scan(version), sqlRosterCount, values(l.scope.Tenant, l.scope.Instance, low.at, low.id, high.at, high.id),
		func(r *row) error { n = r.int(); return nil })
	if err == nil {
		t.pages().keepTotal(l, version, n)
	}
	return n, err
}
