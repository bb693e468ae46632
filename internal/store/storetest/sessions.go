package storetest

import (
	"slices"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func sessionTests() []test {
	return []test{
		{"A session is found by its exact id, not by its sid", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			equal(t, get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, w.Session.ID) }), w.Session)
			for _, id := range []string{"", w.Session.SID, w.Session.ID[:23], w.Session.ID + "0", sessionID("nobody", 1)} {
				absent(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, id) })
			}
		}},
		{"Sessions come by id, of one encounter or of all", sessionsListed},
		{"A session that ends keeps the instant of its start", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			open := w.session(2, 1)
			open.End, open.Status = nil, care.SessionInProgress
			update(t, s, func(tx store.Tx) error { return tx.CreateSession(open) })
			equal(t, visit(t, s, w.Scope, 1).Duration(), w.Session.Duration())
			ended := open
			ended.End, ended.Status = ptr(open.Start.Add(1_999_999_000)), care.SessionCompleted
			update(t, s, func(tx store.Tx) error { return tx.UpdateSession(ended) })
			got := get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, open.ID) })
			equal(t, got, ended)
			equal(t, got.Duration(), 1)
		}},
		{"The order in which others joined is kept, and who joined twice is there twice", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			session := w.session(2, 1)
			session.Others = []int64{w.Provider.Number, w.Patient.Number, w.Provider.Number}
			update(t, s, func(tx store.Tx) error { return tx.CreateSession(session) })
			equal(t, get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, session.ID) }), session)
			slices.Reverse(session.Others[:2])
			update(t, s, func(tx store.Tx) error { return tx.UpdateSession(session) })
			equal(t, get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, session.ID) }), session)
		}},
		{"Several sessions may have no sid", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			a, b := w.session(2, 1), w.session(3, 1)
			a.SID, b.SID = "", ""
			update(t, s, func(tx store.Tx) error { return each([]care.Session{a, b}, tx.CreateSession) })
			equal(t, get(t, s, func(tx store.Tx) (care.Session, error) { return tx.Session(w.Scope, b.ID) }), b)
		}},
	}
}

func sessionsListed(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	first, second := []string{w.Session.ID}, []string{}
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreateEncounter(w.encounter(2, w.Patient, w.Provider)); err != nil {
			return err
		}
		for n := 2; n < 12; n++ {
			session := w.session(n, int64(1+n%2))
			if n%2 == 0 {
				first = append(first, session.ID)
			} else {
				second = append(second, session.ID)
			}
			if err := tx.CreateSession(session); err != nil {
				return err
			}
		}
		return nil
	})
	both := slices.Concat(first, second)
	for _, ids := range [][]string{first, second, both} {
		slices.Sort(ids)
	}
	for _, c := range []struct {
		encounter int64
		after     string
		want      []string
	}{
		{0, "", both}, {0, both[3], both[4:]}, {1, "", first}, {2, "", second}, {2, second[0], second[1:]}, {2, first[5], slices.DeleteFunc(slices.Clone(second), func(id string) bool { return id <= first[5] })},
		{3, "", nil}, {0, "zz", nil},
	} {
		got := get(t, s, func(tx store.Tx) ([]care.Session, error) { return tx.Sessions(w.Scope, c.encounter, c.after, 100) })
		equal(t, names(got, func(s care.Session) string { return s.ID }), c.want)
	}
}
