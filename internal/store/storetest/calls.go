package storetest

import (
	"slices"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func callTests() []test {
	return slices.Concat([]test{
		{"A call is found by its exact id", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			equal(t, get(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(w.Scope, w.Call.ID) }), w.Call)
			for _, id := range []string{"", w.Call.ID[:35], w.Call.ID + " ", "%", w.Patient.ID, uid("nobody", 1)} {
				absent(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(w.Scope, id) })
			}
		}},
		{"Calls come by id, of one patient or of all", callsListed},
		{"Calls may share the phone system's id", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			a, b := w.call(2, w.Patient), w.call(3, w.Patient)
			a.ExternalID, b.ExternalID = "CA-1", "CA-1"
			update(t, s, func(tx store.Tx) error { return each([]care.Call{a, b}, tx.CreateCall) })
			equal(t, get(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(w.Scope, b.ID) }), b)
		}},
		{"The legs of a call keep their order", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			call := w.call(2, w.Patient)
			call.Legs = []care.Leg{{Role: "child", Status: care.CallBusy}, {Role: "parent", Status: care.CallCompleted, Duration: 1 << 40}, {Role: "child", Status: care.CallBusy}}
			update(t, s, func(tx store.Tx) error { return tx.CreateCall(call) })
			equal(t, get(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(w.Scope, call.ID) }), call)
			call.Legs = call.Legs[1:]
			update(t, s, func(tx store.Tx) error { return tx.UpdateCall(call) })
			equal(t, get(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(w.Scope, call.ID) }), call)
		}},
	}, callPageTests())
}

func callsListed(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	other := w.patient(2)
	mine, theirs := []string{w.Call.ID}, []string{}
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreatePatient(other); err != nil {
			return err
		}
		for n := 2; n < 12; n++ {
			p, ids := w.Patient, &mine
			if n%2 == 0 {
				p, ids = other, &theirs
			}
			call := w.call(n, p)
			*ids = append(*ids, call.ID)
			if err := tx.CreateCall(call); err != nil {
				return err
			}
		}
		return nil
	})
	both := slices.Concat(mine, theirs)
	for _, ids := range [][]string{mine, theirs, both} {
		slices.Sort(ids)
	}
	for _, c := range []struct {
		patient, after string
		want           []string
	}{
		{"", "", both}, {"", both[4], both[5:]}, {w.Patient.ID, "", mine}, {w.Patient.ID, mine[2], mine[3:]}, {other.ID, "", theirs},
		{"", "zz", nil}, {uid("nobody", 1), "", nil}, {w.Patient.ID, mine[len(mine)-1], nil},
	} {
		got := get(t, s, func(tx store.Tx) ([]care.Call, error) { return tx.Calls(w.Scope, c.patient, c.after, 100) })
		equal(t, names(got, func(c care.Call) string { return c.ID }), c.want)
	}
}
