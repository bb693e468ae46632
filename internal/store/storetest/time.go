package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// moments are instants that a careless encoding bends: the ends of what is
// kept, before 1970, single microseconds, and both hours of an autumn night.
func moments() []time.Time {
	chicago := time.FixedZone("CDT", -5*3600)
	return []time.Time{
		time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1900, 1, 1, 0, 0, 0, 1000, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Unix(0, 0).UTC(),
		time.Unix(0, 1000).UTC(),
		time.Date(2000, 2, 29, 12, 0, 0, 500_000_000, time.UTC),
		time.Date(2026, 3, 8, 2, 30, 0, 1000, time.UTC),
		time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC),
		time.Date(2026, 11, 1, 7, 30, 0, 0, time.UTC),
		time.Date(2026, 3, 18, 23, 59, 59, 999_999_000, chicago).UTC(),
		time.Date(2262, 4, 11, 23, 47, 16, 854_776_000, time.UTC),
		time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	}
}

func timeTests() []test {
	return []test{
		{"Instants from 1900 to 9999 come back to the microsecond, in UTC", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for n, m := range moments() {
				session := w.session(10+n, 1)
				session.Start, session.End, session.CreatedAt, session.UpdatedAt = m, &m, m, m
				update(t, s, func(tx store.Tx) error { return tx.CreateSession(session) })
				equal(t, get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, session.ID) }), session)
			}
		}},
		{"What comes in another zone, or finer than kept, comes back as kept", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for n, zone := range []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -9*3600-1800), time.FixedZone("LMT", 4772)} {
				for i, m := range moments() {
					given := m.Add(999 * time.Nanosecond).In(zone)
					session := w.session(100*n+i+10, 1)
					session.Start, session.End, session.CreatedAt, session.UpdatedAt = given, &given, given, given
					update(t, s, func(tx store.Tx) error { return tx.CreateSession(session) })
					session.Start, session.End, session.CreatedAt, session.UpdatedAt = m, &m, m, m
					equal(t, get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, session.ID) }), session)
				}
			}
		}},
		{"Instants before 1970 and after 2262 are in order", momentsInOrder},
		{"A page's edges are to the microsecond, whatever their zone", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for _, edge := range []struct {
				from, until time.Time
				want        int
			}{
				{on(1), on(1), 1}, {on(1).Add(time.Microsecond), on(9), 0}, {on(0), on(1).Add(-time.Microsecond), 0},
				{on(1).In(time.FixedZone("", 3600)), on(1).In(time.FixedZone("", -3600)), 1}, {on(2), on(0), 0},
				{time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), 1},
			} {
				_, total := callsPage(t, s, w.Scope, w.Patient.ID, care.CallPage{Size: 5, Filter: care.CallFilter{From: &edge.from, Until: &edge.until}})
				equal(t, total, edge.want)
			}
		}},
	}
}

func momentsInOrder(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	all := moments()
	slices.SortFunc(all, time.Time.Compare)
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreatePatient(w.patient(2)); err != nil {
			return err
		}
		for i := range all {
			n := (i*5 + 3) % len(all)
			call := w.call(10+n, w.patient(2))
			call.CalledAt = care.WholeSeconds(all[n])
			r := w.ofCall(w.recording(10+n, fmt.Sprint("name ", n)), call)
			r.CreatedAt = all[n]
			session := w.session(10+n, 1)
			session.Start, session.End = all[n], nil
			err := inOrder(tx, []func(store.Tx) error{
				func(tx store.Tx) error { return tx.CreateCall(call) },
				func(tx store.Tx) error { return tx.CreateRecording(r) },
				func(tx store.Tx) error { return tx.CreateSession(session) },
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	items, _ := callsPage(t, s, w.Scope, w.patient(2).ID, care.CallPage{Size: 100, Ascending: true})
	recordings := get(t, s, func(tx store.Tx) ([]care.Recording, error) {
		return tx.Recordings(w.Scope, care.RecordingFilter{}, nil, 100)
	})
	var sessions []care.VisitSession
	for _, session := range visit(t, s, w.Scope, 1).Sessions {
		if session.ID != w.Session.ID {
			sessions = append(sessions, session)
		}
	}
	for i, m := range all {
		equal(t, items[i].CalledAt, care.WholeSeconds(m))
		equal(t, recordings[len(all)-1-i].CreatedAt, m)
		equal(t, sessions[len(all)-1-i].Start, m)
	}
}
