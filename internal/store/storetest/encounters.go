package storetest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func encounterTests() []test {
	return []test{
		{"Encounters count up from one, apart for every instance", func(t *testing.T, s store.Store) {
			live, sandbox := openClinic(t, s, "acme-health", "live"), openClinic(t, s, "acme-health", "sandbox")
			for want := range int64(3) {
				equal(t, nextEncounter(t, s, live), want+1)
				equal(t, nextEncounter(t, s, sandbox), want+1)
			}
		}},
		{"An encounter that was brought moves the sequence past it, never back", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			equal(t, nextEncounter(t, s, w.clinic), 2)
			for _, step := range []struct{ brought, next int64 }{{13356, 13357}, {500, 13358}, {13359, 13360}, {1 << 40, 1<<40 + 1}} {
				update(t, s, func(tx store.Tx) error { return tx.CreateEncounter(w.encounter(step.brought, w.Patient, w.Provider)) })
				equal(t, nextEncounter(t, s, w.clinic), step.next)
			}
		}},
		{"Encounters drawn at once are all different", encountersAtOnce},
		{"Encounters come by id, of one patient or of all", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			other := w.patient(2)
			update(t, s, func(tx store.Tx) error {
				return all(
					func() error { return tx.CreatePatient(other) },
					func() error { return tx.CreateEncounter(w.encounter(30, other, w.Provider)) },
					func() error { return tx.CreateEncounter(w.encounter(4, w.Patient, w.Provider)) },
					func() error { return tx.CreateEncounter(w.encounter(200, w.Patient, w.Provider)) },
				)
			})
			for _, c := range []struct {
				patient, after int64
				want           []int64
			}{
				{0, 0, []int64{1, 4, 30, 200}}, {0, 4, []int64{30, 200}}, {w.Patient.Number, 0, []int64{1, 4, 200}}, {w.Patient.Number, 1, []int64{4, 200}},
				{other.Number, 0, []int64{30}}, {other.Number, 30, []int64{}}, {w.Provider.Number, 0, []int64{}}, {5, 0, []int64{}}, {0, 1 << 62, []int64{}},
			} {
				var got []int64
				for _, e := range get(t, s, func(tx store.Tx) ([]care.Encounter, error) { return tx.Encounters(w.Scope, c.patient, c.after, 10) }) {
					got = append(got, e.ID)
				}
				equal(t, got, c.want)
			}
		}},
		{"A visit shows the encounter, the people and the practice's zone", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			equal(t, visit(t, s, w.Scope, 1), care.Visit{
				Encounter: w.Encounter, Patient: w.Patient, Provider: w.Provider, TimeZone: "America/Chicago",
				Sessions: []care.VisitSession{{Session: w.Session}},
			})
			changed := w.instance()
			changed.TimeZone = "Asia/Kathmandu"
			update(t, s, func(tx store.Tx) error { return tx.UpdateInstance(changed) })
			equal(t, visit(t, s, w.Scope, 1).TimeZone, "Asia/Kathmandu")
		}},
		{"A visit without sessions is a visit", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			bare := w.encounter(2, w.Patient, w.Provider)
			update(t, s, func(tx store.Tx) error { return tx.CreateEncounter(bare) })
			got := visit(t, s, w.Scope, 2)
			equal(t, got, care.Visit{Encounter: bare, Patient: w.Patient, Provider: w.Provider, TimeZone: "America/Chicago"})
			equal(t, got.Duration(), 0)
		}},
		{"A visit that does not exist is not found", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for _, id := range []int64{0, -1, 2, 1 << 62} {
				absent(t, s, func(tx store.Tx) (care.Visit, error) { return tx.Visit(w.Scope, id) })
				absent(t, s, func(tx store.Tx) (care.Encounter, error) { return tx.Encounter(w.Scope, id) })
			}
		}},
		{"A visit's sessions and recordings are those of a slow model", visitModel},
	}
}

func nextEncounter(t tb, s store.Store, c clinic) int64 {
	t.Helper()
	var n int64
	update(t, s, func(tx store.Tx) (err error) {
		n, err = tx.NextEncounter(c.Scope)
		return err
	})
	return n
}

func visit(t tb, s store.Store, scope care.Scope, id int64) care.Visit {
	t.Helper()
	return get(t, s, func(tx store.Tx) (care.Visit, error) { return tx.Visit(scope, id) })
}

func encountersAtOnce(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	const goroutines, each = 6, 10
	together(t, goroutines, func(int) error {
		for range each {
			err := s.Update(within(t), func(tx store.Tx) error {
				id, err := tx.NextEncounter(w.Scope)
				if err != nil {
					return err
				}
				return tx.CreateEncounter(w.encounter(id, w.Patient, w.Provider))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	got := get(t, s, func(tx store.Tx) ([]care.Encounter, error) { return tx.Encounters(w.Scope, 0, 0, 1000) })
	equal(t, len(got), goroutines*each+1)
}

// visitModel builds encounters of random sessions and recordings, many of them
// at the same time, and compares what a visit shows with the obvious reading.
func visitModel(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	n, id := 10, int64(1)
	rapid.Check(t, func(t *rapid.T) {
		id++
		refuse := rapid.Bool().Draw(t, "unknown is refused")
		want := care.Visit{Encounter: w.encounter(id, w.Patient, w.Provider), Patient: w.Patient, Provider: w.Provider, TimeZone: "America/Chicago"}
		instance := w.instance()
		instance.UnknownConsentRefused = refuse
		var recordings []care.Recording
		for range rapid.IntRange(0, 5).Draw(t, "sessions") {
			n++
			session := drawSession(t, w, n, id)
			shown := care.VisitSession{Session: session}
			var own []care.Recording
			for range rapid.IntRange(0, 4).Draw(t, "recordings") {
				n++
				own = append(own, drawState(t, w.ofSession(w.recording(n, uid("name", n)), session, w.Patient)))
			}
			slices.SortFunc(own, func(a, b care.Recording) int {
				return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
			})
			for _, r := range own {
				if r.Audible(refuse) {
					shown.Recordings = append(shown.Recordings, care.RecordingName{ID: r.ID, Name: r.Name})
				}
			}
			recordings = append(recordings, own...)
			want.Sessions = append(want.Sessions, shown)
		}
		recordings = rapid.Permutation(recordings).Draw(t, "order")
		update(t, s, func(tx store.Tx) error {
			return all(
				func() error { return tx.UpdateInstance(instance) },
				func() error { return tx.CreateEncounter(want.Encounter) },
				func() error {
					return each(want.Sessions, func(v care.VisitSession) error { return tx.CreateSession(v.Session) })
				},
				func() error { return each(recordings, tx.CreateRecording) },
			)
		})
		slices.SortFunc(want.Sessions, func(a, b care.VisitSession) int {
			return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.ID, b.ID))
		})
		got := visit(t, s, w.Scope, id)
		equal(t, got, want)
		equal(t, got.Duration(), want.Duration())
	})
}

// drawSession draws the n-th session, one of few starts, so that some tie.
func drawSession(t *rapid.T, w ward, n int, encounter int64) care.Session {
	s := w.session(n, encounter)
	s.Start = epoch.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "start")) * time.Microsecond)
	s.End, s.Status = nil, rapid.SampledFrom(care.SessionStatuses()).Draw(t, "status")
	if rapid.Bool().Draw(t, "ended") {
		s.End = ptr(s.Start.Add(time.Duration(rapid.IntRange(0, 200_000_000).Draw(t, "lasted")) * time.Microsecond))
	}
	if rapid.Bool().Draw(t, "reported") {
		s.Reported = ptr(rapid.Int64Range(0, 1<<40).Draw(t, "seconds"))
	}
	if rapid.Bool().Draw(t, "others") {
		s.Others = []int64{w.Provider.Number, w.Patient.Number, w.Provider.Number}
	}
	return s
}

// drawState gives r one of the states a recording can be in, and one of few
// times of creation.
func drawState(t *rapid.T, r care.Recording) care.Recording {
	r.CreatedAt = at(rapid.IntRange(0, 3).Draw(t, "created"))
	r.Consent = rapid.SampledFrom(care.Consents()).Draw(t, "consent")
	switch rapid.IntRange(0, 4).Draw(t, "state") {
	case 0:
		r.WithheldAt, r.WithheldReason = ptr(at(9)), "court order"
	case 1:
		r.DeletedAt = ptr(at(9))
	}
	return r
}
