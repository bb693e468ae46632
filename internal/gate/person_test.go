package gate_test

import (
	"testing"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

func TestAnotherPatientsDataAnswersAPatientAsIfItWereNotThereAndIsAudited(t *testing.T) {
	t.Parallel()
	b := open(t)
	const own, others = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
	actor := care.Login{Scope: live, ID: own, Role: care.RolePatient, Person: 1}.Actor()
	read := func(patient string) error {
		q := gate.Request{Actor: actor, Action: policy.PatientRead, Scope: live}
		_, err := gate.Read(t.Context(), b.gate, q, func(store.Tx) (care.Target, error) {
			if patient == "" {
				return care.Target{}, care.NotFound("patient")
			}
			return care.Target{Noun: "patient", ID: patient, Patient: patient}, nil
		}, func(store.Tx) (string, error) { return "answer", nil })
		return err
	}
	if err := read(own); err != nil {
		t.Errorf("their own: %v", err)
	}
	another, nobody := read(others), read("")
	if !care.IsNotFound(another) || another.Error() != nobody.Error() {
		t.Errorf("another patient's: %v; nobody's: %v", another, nobody)
	}
	all := b.entries(t, live.Tenant)
	if len(all) != 3 || all[0].Outcome != care.OutcomeAllowed || all[1].Outcome != care.OutcomeRefused || all[1].Patient != others {
		t.Errorf("got %+v", all)
	}
}
