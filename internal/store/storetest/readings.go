package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func chartTests() []test {
	return []test{
		{"Readings of several patients in any range are those of a slow model", readingsModel},
		{"Readings beyond the limit are not returned", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error {
				for n := range 5 {
					if err := tx.CreateReading(w.reading(n, w.Patient)); err != nil {
						return err
					}
				}
				return nil
			})
			equal(t, len(readings(t, s, w, []string{w.Patient.ID}, care.ReadingRange{}, 3)), 3)
		}},
		{"Without a key the same reading comes twice", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for n := range 2 {
				r := w.reading(n, w.Patient)
				r.Key = ""
				update(t, s, func(tx store.Tx) error { return tx.CreateReading(r) })
			}
			equal(t, len(readings(t, s, w, []string{w.Patient.ID}, care.ReadingRange{}, 9)), 2)
		}},
		{"The last contact is the latest call or session that took place", lastContacts},
		{"Pages of the roster are those of a slow model", rosterModel},
		{"A note that another amends says so, and keeps its text", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			first, second := w.note(1, w.Patient, w.Provider), w.note(2, w.Patient, w.Provider)
			second.Amends = first.ID
			update(t, s, func(tx store.Tx) error { return each([]care.Note{first, second}, tx.CreateNote) })
			first.Amended = true
			for _, n := range []care.Note{first, second} {
				equal(t, get(t, s, func(tx store.Tx) (care.Note, error) { return tx.Note(w.Scope, n.ID) }), n)
			}
		}},
		{"An observation that a patient has is another patient's to have too", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			other := w.patient(2)
			update(t, s, func(tx store.Tx) error {
				return all(
					func() error { return tx.CreatePatient(other) },
					func() error { return tx.CreateLabReport(w.labReport(1, w.Patient)) },
					func() error { return tx.CreateLabReport(w.labReport(2, other)) },
					func() error { return tx.AddObservation(w.labReport(1, w.Patient), 0, w.observation(1)) },
					func() error { return tx.AddObservation(w.labReport(2, other), 0, w.observation(1)) },
				)
			})
			got := get(t, s, func(tx store.Tx) (string, error) { return tx.ObservationReport(w.Scope, other.ID, w.observation(1).ID) })
			equal(t, got, w.labReport(2, other).ID)
		}},
		{"Files that no form cites are counted, and removed when they are old", uncitedFiles},
		{"An analysis is there while its recording may be heard", analysisReadable},
	}
}

func readings(t tb, s store.Store, w ward, patients []string, r care.ReadingRange, limit int) []care.Reading {
	t.Helper()
	return get(t, s, func(tx store.Tx) ([]care.Reading, error) {
		return tx.ReadingsOf(w.Scope, patients, care.ReadingSteps, r, limit)
	})
}

func readingsModel(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	patients := []care.Patient{w.Patient, w.patient(2), w.patient(3)}
	days := []string{"2026-03-07", "2026-03-08", "2026-03-09"}
	var model []care.Reading
	update(t, s, func(tx store.Tx) error {
		if err := each(patients[1:], tx.CreatePatient); err != nil {
			return err
		}
		model = nil
		for n := range 60 {
			r := w.reading(n, patients[n%3])
			day, _ := care.ParseDate(days[n%len(days)])
			// As far from UTC as a place can be, on either side.
			r.Day, r.RecordedAt = days[n%len(days)], day.Add(time.Duration(n*37%38-14)*time.Hour)
			if n%7 == 0 {
				r.Kind = care.ReadingPulseOx
			}
			if err := tx.CreateReading(r); err != nil {
				return err
			}
			model = append(model, r)
		}
		return nil
	})
	day := rapid.SampledFrom(append([]string{""}, days...))
	instant := rapid.Custom(func(t *rapid.T) *time.Time {
		if rapid.Bool().Draw(t, "unbounded") {
			return nil
		}
		return ptr(rapid.SampledFrom(model).Draw(t, "at").RecordedAt)
	})
	rapid.Check(t, func(t *rapid.T) {
		r := care.ReadingRange{FromDay: day.Draw(t, "from day"), UntilDay: day.Draw(t, "until day"), From: instant.Draw(t, "from"), Until: instant.Draw(t, "until")}
		var asked []string
		for _, p := range rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(patients), w.patient(9))), 0, 5).Draw(t, "patients") {
			asked = append(asked, p.ID)
		}
		want := slices.DeleteFunc(slices.Clone(model), func(v care.Reading) bool {
			return v.Kind != care.ReadingSteps || !slices.Contains(asked, v.Patient) ||
				v.Day < r.FromDay || r.UntilDay != "" && v.Day > r.UntilDay ||
				r.From != nil && v.RecordedAt.Before(*r.From) || r.Until != nil && v.RecordedAt.After(*r.Until)
		})
		slices.SortFunc(want, func(a, b care.Reading) int {
			return cmp.Or(strings.Compare(a.Patient, b.Patient), a.RecordedAt.Compare(b.RecordedAt), strings.Compare(a.ID, b.ID))
		})
		equal(t, readings(t, s, w, asked, r, 1000), want)
	})
}

func lastContacts(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	never, called, seen := w.patient(2), w.patient(3), w.patient(4)
	update(t, s, func(tx store.Tx) error {
		if err := each([]care.Patient{never, called, seen}, tx.CreatePatient); err != nil {
			return err
		}
		for n, status := range []care.CallStatus{care.CallCompleted, care.CallCompleted, care.CallNoAnswer, care.CallQueued} {
			c := w.call(100+n, called)
			c.Status = status
			if err := tx.CreateCall(c); err != nil {
				return err
			}
		}
		missed := w.call(200, never)
		missed.Status = care.CallBusy
		early := w.call(50, seen)
		e := w.encounter(50, seen, w.Provider)
		sessions := []care.Session{w.session(60, 50), w.session(70, 50), w.session(80, 50), w.session(90, 50)}
		sessions[1].Reported, sessions[2].Status, sessions[3].Status = ptr(int64(59)), care.SessionScheduled, care.SessionMissed
		return all(
			func() error { return tx.CreateCall(missed) },
			func() error { return tx.CreateCall(early) },
			func() error { return tx.CreateEncounter(e) },
			func() error { return each(sessions, tx.CreateSession) },
		)
	})
	got := get(t, s, func(tx store.Tx) (map[string]care.Contact, error) {
		return tx.LastContacts(w.Scope, []string{never.ID, called.ID, seen.ID, called.ID, uid("nobody", 1)})
	})
	equal(t, got, map[string]care.Contact{
		called.ID: {At: on(101), Seconds: 101},
		seen.ID:   {At: at(70), Seconds: 59},
	})
	none := get(t, s, func(tx store.Tx) (map[string]care.Contact, error) { return tx.LastContacts(w.Scope, nil) })
	equal(t, none, map[string]care.Contact{})
}

func rosterModel(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	var model []care.RosterEntry
	add := func(n int) {
		update(t, s, func(tx store.Tx) error {
			e := care.RosterEntry{Patient: c.patient(shuffled(n)), Details: c.details(c.patient(shuffled(n)).Number)}
			e.Patient.CreatedAt = at(n * n % 31)
			if err := tx.CreatePatient(e.Patient); err != nil {
				return err
			}
			if n%2 == 0 {
				e.Details = care.Details{Scope: c.Scope, Person: e.Patient.Number}
			} else if err := tx.PutDetails(e.Details); err != nil {
				return err
			}
			model = append(model, e)
			return nil
		})
	}
	for n := range 60 {
		add(n)
	}
	bound := rapid.Custom(func(t *rapid.T) *time.Time {
		if rapid.Bool().Draw(t, "unbounded") {
			return nil
		}
		return ptr(at(rapid.IntRange(-1, 32).Draw(t, "second")))
	})
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 9).Draw(rt, "more") == 0 {
			add(len(model))
		}
		p := store.RosterPage{
			Page: rapid.IntRange(0, 12).Draw(rt, "page"), Size: rapid.IntRange(1, 30).Draw(rt, "size"),
			From: bound.Draw(rt, "from"), Until: bound.Draw(rt, "until"),
		}
		want := slices.DeleteFunc(slices.Clone(model), func(e care.RosterEntry) bool {
			at := e.Patient.CreatedAt
			return p.From != nil && at.Before(*p.From) || p.Until != nil && at.After(*p.Until)
		})
		slices.SortFunc(want, func(a, b care.RosterEntry) int {
			return cmp.Or(a.Patient.CreatedAt.Compare(b.Patient.CreatedAt), strings.Compare(a.Patient.ID, b.Patient.ID))
		})
		total := len(want)
		want = want[min(p.Page*p.Size, total):min((p.Page+1)*p.Size, total)]
		view(rt, s, func(tx store.Tx) error {
			got, n, err := tx.Roster(c.Scope, p)
			if err == nil && n != total {
				err = fmt.Errorf("%d patients, not %d", n, total)
			}
			return cmp.Or(err, differ(got, want))
		})
	})
}

func uncitedFiles(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	files := []care.File{w.file(1), w.file(2), w.file(3), w.file(4)}
	files[0].Patient, files[0].CitedAt = w.Patient.ID, ptr(epoch)
	files[3].Uploader = "another"
	update(t, s, func(tx store.Tx) error { return each(files, tx.CreateFile) })
	count := func(uploader string) []int64 {
		return get(t, s, func(tx store.Tx) ([]int64, error) {
			files, bytes, err := tx.UncitedFiles(w.Scope, uploader)
			return []int64{files, bytes}, err
		})
	}
	equal(t, count(files[1].Uploader), []int64{2, files[1].Size + files[2].Size})
	equal(t, count("another"), []int64{1, files[3].Size})
	equal(t, count("nobody"), []int64{0, 0})
	old := func(before time.Time, limit int) []care.File {
		return get(t, s, func(tx store.Tx) ([]care.File, error) { return tx.UncitedBefore(before, limit) })
	}
	equal(t, old(files[1].CreatedAt, 9), nil)
	equal(t, old(files[3].CreatedAt, 1), files[1:2])
	equal(t, old(files[3].CreatedAt, 9), files[1:3])
	refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.DeleteFile(w.Scope, files[0].ID) })
	for _, f := range files[1:3] {
		update(t, s, func(tx store.Tx) error { return tx.DeleteFile(w.Scope, f.ID) })
	}
	absent(t, s, func(tx store.Tx) (care.File, error) { return tx.File(w.Scope, files[2].ID) })
	for _, kept := range []care.File{files[0], files[3]} {
		equal(t, get(t, s, func(tx store.Tx) (care.File, error) { return tx.File(w.Scope, kept.ID) }), kept)
		equal(t, get(t, s, func(tx store.Tx) (bool, error) { return tx.BlobKeyUsed(kept.BlobKey) }), true)
	}
	equal(t, get(t, s, func(tx store.Tx) (bool, error) { return tx.BlobKeyUsed(files[2].BlobKey) }), false)
}

func analysisReadable(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	r := w.ofSession(w.recording(1, "x"), w.Session, w.Patient)
	a := w.analysis(1, w.Patient, w.Encounter)
	a.Recording = r.ID
	whole := w.analysis(2, w.Patient, w.Encounter)
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return tx.CreateRecording(r) },
			func() error { return each([]care.Analysis{a, whole}, tx.CreateAnalysis) },
		)
	})
	there := func(change func(*care.Recording), refused bool, want int) {
		t.Helper()
		changed, in := r, w.instance()
		change(&changed)
		in.UnknownConsentRefused = refused
		update(t, s, func(tx store.Tx) error {
			return all(func() error { return tx.UpdateRecording(changed) }, func() error { return tx.UpdateInstance(in) })
		})
		list := get(t, s, func(tx store.Tx) ([]care.Analysis, error) {
			return tx.Analyses(w.Scope, store.AnalysisFilter{Encounter: w.Encounter.ID}, nil, 9)
		})
		equal(t, len(list), want)
		if want == 2 {
			equal(t, get(t, s, func(tx store.Tx) (care.Analysis, error) { return tx.Analysis(w.Scope, a.ID) }), a)
		} else {
			absent(t, s, func(tx store.Tx) (care.Analysis, error) { return tx.Analysis(w.Scope, a.ID) })
		}
		equal(t, get(t, s, func(tx store.Tx) (care.Analysis, error) { return tx.Analysis(w.Scope, whole.ID) }), whole)
	}
	there(func(*care.Recording) {}, false, 2)
	there(func(r *care.Recording) { r.WithheldAt, r.WithheldReason = ptr(epoch), "order" }, false, 1)
	there(func(r *care.Recording) { r.DeletedAt = ptr(epoch) }, false, 1)
	there(func(r *care.Recording) { r.Consent = care.ConsentRefused }, false, 1)
	there(func(r *care.Recording) { r.Consent = care.ConsentUnknown }, true, 1)
	there(func(r *care.Recording) { r.Consent = care.ConsentUnknown }, false, 2)
	there(func(*care.Recording) {}, true, 2)
}
