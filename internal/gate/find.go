package gate

import (
	"chartline/internal/care"
	"chartline/internal/store"
)

// FindCall returns a call of a patient. NotFound names "patient" where there is
// no such patient, "voice_call" where the call is not there or is another
// patient's.
func FindCall(tx store.Tx, s care.Scope, patient, call string) (care.Call, error) {
	patient, ok := care.ParseUUID(patient)
	if !ok {
		return care.Call{}, care.NotFound("patient")
	}
	if _, err := tx.Patient(s, patient); err != nil {
		return care.Call{}, err
	}
	id, ok := care.ParseUUID(call)
	if !ok {
		return care.Call{}, care.NotFound("voice_call")
	}
	c, err := tx.Call(s, id)
	if err == nil && c.Patient != patient {
		return care.Call{}, care.NotFound("voice_call")
	}
	return c, err
}

// FirstAudible returns the earliest recording of an owner that may be heard, or
// NotFound.
func FirstAudible(tx store.Tx, s care.Scope, o care.Owner) (care.Recording, error) {
	in, err := tx.Instance(s)
	if err != nil {
		return care.Recording{}, err
	}
	all, err := tx.RecordingsOf(s, o)
	if err != nil {
		return care.Recording{}, err
	}
	for _, r := range all {
		if r.Audible(in.UnknownConsentRefused) {
			return r, nil
		}
	}
	return care.Recording{}, care.NotFound("recording")
}

// FindPatient returns a patient by either of their ids, or NotFound.
func FindPatient(tx store.Tx, s care.Scope, ref care.PersonRef) (care.Patient, error) {
	switch {
	case ref.ID != "":
		return tx.Patient(s, ref.ID)
	case ref.Number != 0:
		return tx.PatientByNumber(s, ref.Number)
	}
	return care.Patient{}, care.NotFound("patient")
}

// FindProvider returns a provider by either of their ids, or NotFound.
func FindProvider(tx store.Tx, s care.Scope, ref care.PersonRef) (care.Provider, error) {
	switch {
	case ref.ID != "":
		return tx.ProviderByID(s, ref.ID)
	case ref.Number != 0:
		return tx.Provider(s, ref.Number)
	}
	return care.Provider{}, care.NotFound("provider")
}
