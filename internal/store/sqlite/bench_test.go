package sqlite_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// uuid is the n-th invented id.
func uuid(n int) string { return fmt.Sprintf("%08x-5b8a-4b0e-9a55-0d7b33c1f001", n) }

// seedCalls adds n calls of the patient, one a minute, every third of them
// answered.
func seedCalls(t testing.TB, s store.Store, n int) {
	t.Helper()
	for from := 0; from < n; from += 10_000 {
		update(t, s, func(tx store.Tx) error {
			for i := from; i < min(from+10_000, n); i++ {
				status, duration := care.CallNoAnswer, int64(0)
				if i%3 == 0 {
					status, duration = care.CallCompleted, int64(i%600)
				}
				at := noon.Add(-time.Duration(i) * time.Minute)
				if err := tx.CreateCall(care.Call{
					Scope: live, ID: uuid(i), Patient: patientID, Direction: care.Inbound, Status: status, Duration: duration, CalledAt: at,
					From: "+15550100", To: "+15550101", CreatedAt: noon, UpdatedAt: noon,
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// seedVisits adds n encounters with one recorded session each.
func seedVisits(t testing.TB, s store.Store, n int) {
	t.Helper()
	for from := 0; from < n; from += 10_000 {
		update(t, s, func(tx store.Tx) error {
			for i := from; i < min(from+10_000, n); i++ {
				id, session, end := int64(i+20_000), fmt.Sprintf("%024x", i), noon.Add(time.Minute)
				if err := first(
					tx.CreateEncounter(care.Encounter{Scope: live, ID: id, Patient: 202300001111, Provider: 202200000834, Complaint: "a cough", CreatedAt: noon, UpdatedAt: noon}),
					tx.CreateSession(care.Session{
						Scope: live, ID: session, SID: uuid(i), Encounter: id, Status: care.SessionCompleted,
						Start: noon, End: &end, CreatedAt: noon, UpdatedAt: noon,
					}),
					tx.CreateRecording(recording(uuid(i), recordingName(i), care.Owner{Kind: care.OwnerSession, ID: session}, &id)),
				); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func recordingName(i int) string { return fmt.Sprint(1771585033302 + 1013*int64(i)) }

// reportCPU reports what an operation costs the processor, which other load on
// the machine moves less than it moves the time.
func reportCPU(b *testing.B) func() {
	b.ReportAllocs()
	start := cpuTime(b)
	return func() { b.ReportMetric(float64((cpuTime(b)-start).Nanoseconds())/float64(b.N), "cpu-ns/op") }
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkLookUp(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		db := open(b)
		update(b, db, seedPeople)
		seedVisits(b, db, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			defer reportCPU(b)()
			i := 0
			for b.Loop() {
				i = (i + 7919) % n
				err := db.View(b.Context(), func(tx store.Tx) error {
					_, _, err := tx.VisitNamed(live, recordingName(i))
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCallsPage(b *testing.B) {
	for _, n := range []int{100, 200_000} {
		db := open(b)
		update(b, db, seedPeople)
		seedCalls(b, db, n)
		pages := map[string]int{"first": 0, "last": n/20 - 1, "middle": n / 40}
		for _, name := range []string{"first", "last", "middle"} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				defer reportCPU(b)()
				for b.Loop() {
					err := db.View(b.Context(), func(tx store.Tx) error {
						_, err := tx.Instance(live)
						if err != nil {
							return err
						}
						found, _, err := tx.CallsPage(live, patientID, care.CallPage{Page: pages[name], Size: 20})
						if err == nil && len(found) != 20 {
							err = fmt.Errorf("found %d", len(found))
						}
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkToken(b *testing.B) {
	db := open(b)
	update(b, db, seedPeople)
	update(b, db, func(tx store.Tx) error {
		return first(
			tx.CreateClient(care.Client{Name: "c1", Tenant: live.Tenant, Home: live.Instance, Enabled: true, Instances: []string{"live"}, CreatedAt: noon, UpdatedAt: noon}),
			tx.CreateToken(care.Token{Hash: [32]byte{1}, Tenant: live.Tenant, Client: "c1", IssuedAt: noon, ExpiresAt: noon}))
	})
	defer reportCPU(b)()
	for b.Loop() {
		if err := db.View(b.Context(), func(tx store.Tx) error { _, err := tx.Token([32]byte{1}); return err }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEmptyView(b *testing.B) {
	db := open(b)
	defer reportCPU(b)()
	for b.Loop() {
		if err := db.View(b.Context(), func(store.Tx) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	db := open(b)
	update(b, db, seedPeople)
	b.Run("alone", func(b *testing.B) {

		for b.Loop() {
			if err := db.Update(b.Context(), func(tx store.Tx) error { _, err := tx.NextEncounter(live); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("together", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := db.Update(b.Context(), func(tx store.Tx) error { _, err := tx.NextEncounter(live); return err }); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
