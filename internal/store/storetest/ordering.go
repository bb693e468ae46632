package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// listing is a list with a keyset: how to make what it lists, and how to read
// it from a place on. Keys are opaque here; order compares them.
type listing struct {
	name   string
	create func(tx store.Tx, w ward, n int) error
	page   func(tx store.Tx, w ward, after any, limit int) (keys []any, err error)
	order  func(a, b any) int
	start  any
}

// listingOf lowers a list of T by K. create makes the n-th item, in no order.
func listingOf[T, K any](
	name string, create func(store.Tx, ward, int) error, page func(store.Tx, ward, K, int) ([]T, error), key func(T) K, order func(a, b K) int,
) listing {
	var start K
	return listing{
		name: name, create: create, start: start,
		page: func(tx store.Tx, w ward, after any, limit int) ([]any, error) {
			items, err := page(tx, w, after.(K), limit)
			keys := make([]any, 0, len(items))
			for _, item := range items {
				keys = append(keys, key(item))
			}
			return keys, err
		},
		order: func(a, b any) int { return order(a.(K), b.(K)) },
	}
}

// shuffled spreads n = 0, 1, 2... over 1 to 10006, each once.
func shuffled(n int) int { return (n+1)*7919%10007 + 1 }

func listings() []listing {
	return []listing{
		listingOf("tenants",
			func(tx store.Tx, w ward, n int) error {
				return tx.CreateTenant(care.Tenant{Name: fmt.Sprintf("%s-%d", w.Tenant, shuffled(n)), CreatedAt: epoch})
			},
			func(tx store.Tx, _ ward, after string, limit int) ([]care.Tenant, error) {
				return tx.Tenants(after, limit)
			},
			func(v care.Tenant) string { return v.Name }, strings.Compare),
		listingOf("clients",
			func(tx store.Tx, w ward, n int) error { return tx.CreateClient(w.client(shuffled(n))) },
			func(tx store.Tx, w ward, after string, limit int) ([]care.Client, error) {
				return tx.Clients(w.Tenant, after, limit)
			},
			func(v care.Client) string { return v.Name }, strings.Compare),
		listingOf("patients",
			func(tx store.Tx, w ward, n int) error { return tx.CreatePatient(w.patient(10 + shuffled(n))) },
			func(tx store.Tx, w ward, after int64, limit int) ([]care.Patient, error) {
				return tx.Patients(w.Scope, after, limit)
			},
			func(v care.Patient) int64 { return v.Number }, cmp.Compare[int64]),
		listingOf("providers",
			func(tx store.Tx, w ward, n int) error { return tx.CreateProvider(w.provider(10 + shuffled(n))) },
			func(tx store.Tx, w ward, after int64, limit int) ([]care.Provider, error) {
				return tx.Providers(w.Scope, after, limit)
			},
			func(v care.Provider) int64 { return v.Number }, cmp.Compare[int64]),
		listingOf("log-ins",
			func(tx store.Tx, w ward, n int) error {
				return tx.CreateLogin(w.staff(fmt.Sprintf("staff-%05d", shuffled(n)), n))
			},
			func(tx store.Tx, w ward, after string, limit int) ([]care.Login, error) {
				return tx.Logins(w.Scope, after, limit)
			},
			func(v care.Login) string { return v.ID }, strings.Compare),
		encounterListing("encounters", 0),
		encounterListing("encounters of a patient", 1),
		sessionListing("sessions", 0),
		sessionListing("sessions of an encounter", 1),
		callListing("calls", ""),
		callListing("calls of a patient", "mine"),
		recordingListing("recordings", func(ward) care.RecordingFilter { return care.RecordingFilter{} }),
		recordingListing("recordings of a patient", func(w ward) care.RecordingFilter { return care.RecordingFilter{Patient: w.Patient.ID} }),
		recordingListing("recordings of a call", func(w ward) care.RecordingFilter {
			return care.RecordingFilter{Owner: care.Owner{Kind: care.OwnerCall, ID: w.Call.ID}}
		}),
		recordingListing("recordings whose names wait", func(ward) care.RecordingFilter { return care.RecordingFilter{NameStatus: care.NameWaiting} }),
		recordingListing("recordings that are withheld", func(ward) care.RecordingFilter { return care.RecordingFilter{Withheld: ptr(true)} }),
		listingOf("audit groups",
			func(tx store.Tx, w ward, n int) error { return appendNext(tx, w.Tenant, 1+n%3, epoch, "p") },
			func(tx store.Tx, w ward, after int64, limit int) ([]store.AuditGroup, error) {
				return tx.AuditGroups(w.Tenant, after, limit)
			},
			func(v store.AuditGroup) int64 { return v.Last }, cmp.Compare[int64]),
		listingOf("audit groups of a patient",
			func(tx store.Tx, w ward, n int) error { return appendNext(tx, w.Tenant, 1+n%3, epoch, w.Patient.ID) },
			func(tx store.Tx, w ward, after int64, limit int) ([]store.AuditGroup, error) {
				return tx.AuditGroupsOf(w.Tenant, w.Patient.ID, nil, nil, after, limit)
			},
			func(v store.AuditGroup) int64 { return v.Last }, cmp.Compare[int64]),
	}
}

func encounterListing(name string, patients int64) listing {
	return listingOf(name,
		func(tx store.Tx, w ward, n int) error {
			return tx.CreateEncounter(w.encounter(10+int64(shuffled(n)), w.Patient, w.Provider))
		},
		func(tx store.Tx, w ward, after int64, limit int) ([]care.Encounter, error) {
			return tx.Encounters(w.Scope, patients*w.Patient.Number, after, limit)
		},
		func(v care.Encounter) int64 { return v.ID }, cmp.Compare[int64])
}

func sessionListing(name string, encounter int64) listing {
	return listingOf(name,
		func(tx store.Tx, w ward, n int) error { return tx.CreateSession(w.session(10+n, 1)) },
		func(tx store.Tx, w ward, after string, limit int) ([]care.Session, error) {
			return tx.Sessions(w.Scope, encounter, after, limit)
		},
		func(v care.Session) string { return v.ID }, strings.Compare)
}

func callListing(name, of string) listing {
	return listingOf(name,
		func(tx store.Tx, w ward, n int) error { return tx.CreateCall(w.call(10+n, w.Patient)) },
		func(tx store.Tx, w ward, after string, limit int) ([]care.Call, error) {
			if of != "" {
				return tx.Calls(w.Scope, w.Patient.ID, after, limit)
			}
			return tx.Calls(w.Scope, "", after, limit)
		},
		func(v care.Call) string { return v.ID }, strings.Compare)
}

// recordingListing makes recordings that fit every filter, four at each time.
func recordingListing(name string, filter func(ward) care.RecordingFilter) listing {
	return listingOf(name,
		func(tx store.Tx, w ward, n int) error {
			r := w.ofCall(w.recording(n, "x"), w.Call)
			r.CreatedAt, r.NameStatus = at(shuffled(n)/4), care.NameWaiting
			r.WithheldAt = ptr(epoch)
			return tx.CreateRecording(r)
		},
		func(tx store.Tx, w ward, after store.RecordingKey, limit int) ([]care.Recording, error) {
			if after == (store.RecordingKey{}) {
				return tx.Recordings(w.Scope, filter(w), nil, limit)
			}
			return tx.Recordings(w.Scope, filter(w), &after, limit)
		},
		func(v care.Recording) store.RecordingKey { return store.RecordingKey{CreatedAt: v.CreatedAt, ID: v.ID} },
		func(a, b store.RecordingKey) int {
			return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
		})
}

// make stores items from up to until, in several transactions.
func (l listing) make(t tb, s store.Store, w ward, from, until int) {
	t.Helper()
	for n := from; n < until; n += 10 {
		update(t, s, func(tx store.Tx) error {
			for i := n; i < min(n+10, until); i++ {
				if err := l.create(tx, w, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// read returns one page in a View of its own.
func (l listing) read(t tb, s store.Store, w ward, after any, limit int) []any {
	t.Helper()
	return get(t, s, func(tx store.Tx) ([]any, error) { return l.page(tx, w, after, limit) })
}

// listTests runs all that is true of every list, on one store a list, each
// test with a tenant of its own.
func listTests() []test {
	var tests []test
	for _, l := range slices.Concat(listings(), bookingListings(), chartListings()) {
		tests = append(tests, test{"The list of " + l.name, func(t *testing.T, s store.Store) {
			for i, c := range []struct {
				name string
				run  func(*testing.T, store.Store, ward)
			}{
				{"There is one order, whatever order they came in", l.ordered},
				{"A walk at any page size is the whole list", l.walked},
				{"A walk misses and repeats nothing while more come in", l.whileMoreComeIn},
			} {
				t.Run(c.name, func(t *testing.T) { c.run(t, s, openWard(t, s, fmt.Sprint("acme-", i), "live")) })
			}
		}})
	}
	return append(tests, test{"Texts are ordered byte by byte", func(t *testing.T, s store.Store) {
		names := []string{"-", "0", "10", "2", "A", "B", "a", "aA", "aa", "b", "z", "é", "ａ", "🏥"}
		update(t, s, func(tx store.Tx) error {
			for _, i := range []int{5, 3, 13, 0, 7, 1, 12, 9, 2, 11, 4, 6, 10, 8} {
				if err := tx.CreateTenant(care.Tenant{Name: names[i], CreatedAt: epoch}); err != nil {
					return err
				}
			}
			return nil
		})
		slices.Sort(names)
		for i := range names {
			got := get(t, s, func(tx store.Tx) ([]care.Tenant, error) { return tx.Tenants(names[i], 100) })
			equal(t, len(got), len(names)-1-i)
			for j, tenant := range got {
				equal(t, tenant.Name, names[i+1+j])
			}
		}
	}})
}

func (l listing) ordered(t *testing.T, s store.Store, w ward) {
	there := len(l.read(t, s, w, l.start, 1000))
	l.make(t, s, w, 0, 35)
	keys := l.read(t, s, w, l.start, 1000)
	equal(t, len(keys), there+35)
	for i := 1; i < len(keys); i++ {
		if l.order(keys[i-1], keys[i]) >= 0 {
			t.Errorf("%v comes before %v", keys[i-1], keys[i])
		}
	}
	equal(t, l.read(t, s, w, l.start, 1000), keys)
}
