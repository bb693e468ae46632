package storetest

import (
	"fmt"
	"sync"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func patientTests() []test {
	return []test{
		{"A patient is found by id, number, MRN and external id", patientFound},
		{"An empty MRN and an empty external id are nobody's", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error { return each([]care.Patient{c.patient(1), c.patient(2)}, tx.CreatePatient) })
			absent(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, "") })
			absent(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByExternalID(c.Scope, "") })
		}},
		{"An MRN and an external id are compared byte by byte", patientBytewise},
		{"An MRN that was given up can be taken by another", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			a, b := c.patient(1), c.patient(2)
			a.MRN, a.ExternalID = "M-1", "E-1"
			update(t, s, func(tx store.Tx) error { return each([]care.Patient{a, b}, tx.CreatePatient) })
			b.MRN, b.ExternalID = "M-1", "E-1"
			conflicts(t, s, func(tx store.Tx) error { return tx.UpdatePatient(b) }, "mrn", "externalId")
			a.MRN, a.ExternalID = "", ""
			update(t, s, func(tx store.Tx) error { return each([]care.Patient{a, b}, tx.UpdatePatient) })
			equal(t, get(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, "M-1") }), b)
			equal(t, get(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByExternalID(c.Scope, "E-1") }), b)
		}},
		{"An update keeps a patient's own MRN", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			a := c.patient(1)
			a.MRN, a.ExternalID = "M-1", "E-1"
			update(t, s, func(tx store.Tx) error { return tx.CreatePatient(a) })
			a.FirstName = "Nora"
			update(t, s, func(tx store.Tx) error { return tx.UpdatePatient(a) })
			equal(t, get(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, "M-1") }), a)
		}},
		{"Numbers count up from one, apart for every instance and year", numbersCount},
		{"Patients and providers share one sequence", numbersShared},
		{"A number that was brought moves its year's sequence past it, never back", numbersBrought},
		{"A year whose numbers are used up gives no more", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			last := c.patient(1)
			last.Number = care.PersonNumber(2024, 99_999_999)
			update(t, s, func(tx store.Tx) error { return tx.CreatePatient(last) })
			err := s.Update(within(t), func(tx store.Tx) error {
				n, err := tx.NextPerson(c.Scope, 2024)
				if err == nil {
					t.Errorf("the number after %d is %d", last.Number, n)
				}
				return err
			})
			if err == nil {
				t.Error("the update was kept")
			}
			equal(t, next(t, s, c, 2025), care.PersonNumber(2025, 1))
		}},
		{"A number that was drawn and not kept may be drawn again, and no number twice", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			_ = s.Update(within(t), func(tx store.Tx) error {
				_, _ = tx.NextPerson(c.Scope, 2024)
				return errUndo
			})
			first, second := next(t, s, c, 2024), next(t, s, c, 2024)
			if first >= second || !care.ValidPersonNumber(first) || care.PersonYear(second) != 2024 {
				t.Fatalf("drew %d, then %d", first, second)
			}
		}},
		{"Numbers drawn and brought at once are all different", numbersAtOnce},
		{"Patients come by number, whatever order they came in", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			want := []int64{care.PersonNumber(1900, 5), care.PersonNumber(2023, 1), care.PersonNumber(2023, 12), care.PersonNumber(2024, 2), care.PersonNumber(9999, 99_999_999)}
			update(t, s, func(tx store.Tx) error {
				for n, i := range []int{3, 0, 4, 2, 1} {
					p := c.patient(n)
					p.Number = want[i]
					if err := tx.CreatePatient(p); err != nil {
						return err
					}
				}
				return nil
			})
			got := get(t, s, func(tx store.Tx) ([]care.Patient, error) { return tx.Patients(c.Scope, 0, 10) })
			for i, p := range got {
				equal(t, p.Number, want[i])
			}
			equal(t, len(got), len(want))
		}},
	}
}

func patientFound(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	p := c.patient(1)
	p.MRN, p.ExternalID = "M-100", "E-100"
	// The other one's ids are the first one's, each in another place.
	other := c.patient(2)
	other.MRN, other.ExternalID = p.ExternalID, p.MRN
	update(t, s, func(tx store.Tx) error { return each([]care.Patient{p, other}, tx.CreatePatient) })
	for _, by := range []func(store.Tx) (care.Patient, error){
		func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, p.ID) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByNumber(c.Scope, p.Number) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, p.MRN) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByExternalID(c.Scope, p.ExternalID) },
	} {
		equal(t, get(t, s, by), p)
	}
	for _, by := range []func(store.Tx) (care.Patient, error){
		func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, p.MRN) },
		func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, "") },
		func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, fmt.Sprint(p.Number)) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByNumber(c.Scope, 0) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByNumber(c.Scope, -p.Number) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByNumber(c.Scope, p.Number+100) },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, "M-10") },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, "M-%") },
		func(tx store.Tx) (care.Patient, error) { return tx.PatientByExternalID(c.Scope, "E_100") },
	} {
		absent(t, s, by)
	}
}

func patientBytewise(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	update(t, s, func(tx store.Tx) error {
		for n, id := range bytewise {
			p := c.patient(n + 1)
			p.MRN, p.ExternalID = id, id
			if err := tx.CreatePatient(p); err != nil {
				return fmt.Errorf("%q: %w", id, err)
			}
		}
		return nil
	})
	for n, id := range bytewise {
		equal(t, get(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByMRN(c.Scope, id) }).ID, c.patient(n+1).ID)
		equal(t, get(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByExternalID(c.Scope, id) }).ID, c.patient(n+1).ID)
	}
}

// next draws and keeps a person number.
func next(t tb, s store.Store, c clinic, year int) int64 {
	t.Helper()
	var n int64
	update(t, s, func(tx store.Tx) (err error) {
		n, err = tx.NextPerson(c.Scope, year)
		return err
	})
	return n
}

func numbersCount(t *testing.T, s store.Store) {
	live, sandbox := openClinic(t, s, "acme-health", "live"), openClinic(t, s, "acme-health", "sandbox")
	for seq := range int64(3) {
		for _, c := range []clinic{live, sandbox} {
			for _, year := range []int{1900, 2024, 2025, 9999} {
				equal(t, next(t, s, c, year), care.PersonNumber(year, seq+1))
			}
		}
	}
}

func numbersShared(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	a, b := c.patient(1), c.provider(1)
	for _, p := range []*int64{&a.Number, &b.Number} {
		*p = next(t, s, c, 2024)
		update(t, s, func(tx store.Tx) error {
			if p == &a.Number {
				return tx.CreatePatient(a)
			}
			return tx.CreateProvider(b)
		})
	}
	equal(t, []int64{a.Number, b.Number}, []int64{care.PersonNumber(2024, 1), care.PersonNumber(2024, 2)})
	second, third := c.patient(2), c.provider(3)
	second.Number, third.Number = b.Number, a.Number
	conflicts(t, s, func(tx store.Tx) error { return tx.CreatePatient(second) }, "number")
	conflicts(t, s, func(tx store.Tx) error { return tx.CreateProvider(third) }, "number")
	absent(t, s, func(tx store.Tx) (care.Patient, error) { return tx.PatientByNumber(c.Scope, b.Number) })
	absent(t, s, func(tx store.Tx) (care.Provider, error) { return tx.Provider(c.Scope, a.Number) })
}

func numbersBrought(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	sandbox := openClinic(t, s, "acme-health", "sandbox")
	for i, step := range []struct {
		year    int
		brought int64
		next    int64
	}{
		{2023, 1111, 1112}, {2023, 500, 1113}, {2023, 1114, 1115}, {2022, 834, 835}, {2023, 1112_000, 1112_001},
	} {
		if i%2 == 0 {
			p := c.patient(i)
			p.Number = care.PersonNumber(step.year, step.brought)
			update(t, s, func(tx store.Tx) error { return tx.CreatePatient(p) })
		} else {
			p := c.provider(i)
			p.Number = care.PersonNumber(step.year, step.brought)
			update(t, s, func(tx store.Tx) error { return tx.CreateProvider(p) })
		}
		equal(t, next(t, s, c, step.year), care.PersonNumber(step.year, step.next))
	}
	equal(t, next(t, s, sandbox, 2023), care.PersonNumber(2023, 1))
	equal(t, next(t, s, c, 2024), care.PersonNumber(2024, 1))
}

// numbersAtOnce draws numbers in several goroutines while others bring theirs
// just ahead of the sequence. Who brings what was drawn meanwhile is told so.
func numbersAtOnce(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	const goroutines, each = 6, 12
	var mu sync.Mutex
	taken := map[int64]int{}
	together(t, goroutines, func(g int) error {
		for i := range each {
			p := c.patient(g*each + i)
			err := s.Update(within(t), func(tx store.Tx) (err error) {
				if p.Number, err = tx.NextPerson(c.Scope, 2024); err != nil {
					return err
				}
				if i%3 == 0 {
					p.Number += 2
				}
				return tx.CreatePatient(p)
			})
			if err != nil && field(err) != "number" {
				return err
			}
			if err == nil {
				mu.Lock()
				taken[p.Number]++
				mu.Unlock()
			}
		}
		return nil
	})
	for n, times := range taken {
		if times != 1 {
			t.Errorf("%d was given %d times", n, times)
		}
	}
	got := get(t, s, func(tx store.Tx) ([]care.Patient, error) { return tx.Patients(c.Scope, 0, 1000) })
	equal(t, len(got), len(taken))
}
