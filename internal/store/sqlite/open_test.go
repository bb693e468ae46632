package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
)

var _ store.Store = (*sqlite.DB)(nil)

var (
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	live = care.Scope{Tenant: "acme-health", Instance: "live"}
)

func openAt(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func open(t testing.TB) *sqlite.DB {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "chartline.db"))
}

func update(t testing.TB, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// first returns the first error of several calls.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

const patientID = "7a0b3b44-5b8a-4b0e-9a55-0d7b33c1f001"

// seedPeople makes a tenant, an instance, a patient and a provider.
func seedPeople(tx store.Tx) error {
	return first(
		tx.CreateTenant(care.Tenant{Name: live.Tenant, Title: "Acme Health", CreatedAt: noon}),
		tx.CreateInstance(care.Instance{Scope: live, TimeZone: "America/New_York", CreatedAt: noon, UpdatedAt: noon}),
		tx.CreatePatient(care.Patient{
			Scope: live, ID: patientID, Number: 202300001111, FirstName: "Ada", LastName: "Example", BirthDate: "1980-02-03",
			Gender: "female", Email: "ada@example.org", Phone: "5550100", CountryCode: "+1", TimeZone: "America/Chicago",
			MRN: "M-1", CreatedAt: noon, UpdatedAt: noon,
		}),
		tx.CreateProvider(care.Provider{
			Scope: live, ID: "7a0b3b44-5b8a-4b0e-9a55-0d7b33c1f002", Number: 202200000834, FirstName: "Grace", LastName: "Sample",
			Title: "MD", Gender: "female", Email: "grace@example.org", Phone: "5550101", CountryCode: "+1", TimeZone: "America/New_York",
			CreatedAt: noon, UpdatedAt: noon,
		}),
	)
}

const sessionID = "65f1c0ffee65f1c0ffee0001"

// seedVisit makes an encounter of those people with two sessions, one recorded.
func seedVisit(tx store.Tx) error {
	id, end, reported, owner := int64(13356), noon.Add(101*time.Second), int64(101), care.Owner{Kind: care.OwnerSession, ID: sessionID}
	return first(
		tx.CreateEncounter(care.Encounter{Scope: live, ID: id, Patient: 202300001111, Provider: 202200000834, Complaint: "a cough", CreatedAt: noon, UpdatedAt: noon}),
		tx.CreateSession(care.Session{
			Scope: live, ID: sessionID, SID: "7a0b3b44-5b8a-4b0e-9a55-0d7b33c1f003", Encounter: id, Status: care.SessionCompleted,
			Start: noon, End: &end, Reported: &reported, CreatedAt: noon, UpdatedAt: noon,
		}),
		tx.CreateSession(care.Session{
			Scope: live, ID: "65f1c0ffee65f1c0ffee0002", SID: "7a0b3b44-5b8a-4b0e-9a55-0d7b33c1f004", Encounter: id, Status: care.SessionCompleted,
			Start: noon.Add(time.Hour), End: nil, CreatedAt: noon, UpdatedAt: noon,
		}),
		tx.CreateRecording(recording("7a0b3b44-5b8a-4b0e-9a55-0d7b33c1f005", "1771585033302", owner, &id)),
	)
}

func recording(id, name string, owner care.Owner, encounter *int64) care.Recording {
	return care.Recording{
		Scope: live, ID: id, Name: name, NameStatus: care.NameHeld, Owner: owner, Patient: patientID, Encounter: encounter,
		ContentType: "audio/mpeg", Size: 4711, BlobKey: "ab/" + id, Consent: care.ConsentUnknown, CreatedAt: noon, UpdatedAt: noon,
	}
}

func TestALookUpFindsTheVisitOfARecording(t *testing.T) {
	t.Parallel()
	db := open(t)
	update(t, db, seedPeople)
	update(t, db, seedVisit)
	for _, name := range []string{"1771585033302", "1771585033302.mp4", "rec/1771585033302.MP4"} {
		view(t, db, func(tx store.Tx) error {
			found, err := tx.RecordingsNamed(live, name)
			if err != nil {
				return err
			}
			if len(found) != 1 {
				t.Fatalf("%q: found %d", name, len(found))
			}
			v, err := tx.Visit(live, *found[0].Encounter)
			if err != nil {
				return err
			}
			if v.Duration() != 101 || len(v.Sessions) != 2 || len(v.Sessions[1].Recordings) != 1 || v.Patient.FirstName != "Ada" ||
				v.Provider.LastName != "Sample" || v.TimeZone != "America/New_York" {
				t.Errorf("%q: visit %+v", name, v)
			}
			return nil
		})
	}
}
