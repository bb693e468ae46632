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

// Deliverable returns MediaUnavailable where the stored object under key was found
// damaged.
func Deliverable(tx store.Tx, noun, key string) error {
	_, err := tx.DamagedObject(key)
	if care.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return &care.Error{Kind: care.KindMediaUnavailable, Noun: noun, Message: "the stored " + noun + " is missing or damaged"}
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

// FindProviderByEmail returns the provider with an address, or NotFound, or
// Ambiguous where two have it.
func FindProviderByEmail(tx store.Tx, s care.Scope, email string) (care.Provider, error) {
	found, err := tx.ProvidersByEmail(s, email, 2)
	switch {
	case err != nil:
		return care.Provider{}, err
	case len(found) == 0:
		return care.Provider{}, care.NotFound("provider")
	case len(found) > 1:
		return care.Provider{}, &care.Error{Kind: care.KindAmbiguous, Noun: "provider", Message: "more than one provider has this address"}
	}
	return found[0], nil
}

// FindPractice returns the data set of the practice of s's tenant that a customer
// code names, or NotFound, also for one that the actor may not use.
func FindPractice(tx store.Tx, actor care.Actor, s care.Scope, customerCode string) (care.Scope, error) {
	p, err := tx.PracticeByCode(s.Tenant, customerCode)
	if err == nil && !actor.MayUse(p.Scope) {
		err = care.NotFound("practice")
	}
	return p.Scope, err
}

// FindNamed returns the recording that a name leads to, with its encounter
// (telehealth.md section 12): one that may be heard, by its name exactly as
// stored, failing that by care.NameForm. Errors: NotFound, also where it has no
// encounter, Ambiguous (it fits more than one encounter: never a guess).
func FindNamed(tx store.Tx, s care.Scope, name string) (care.Recording, error) {
	if care.CheckRecordingName(name) != nil {
		return care.Recording{}, care.NotFound("recording") // names nothing that is stored
	}
	fits, err := tx.RecordingsNamed(s, name)
	if err != nil {
		return care.Recording{}, err
	}
	return onlyEncounter(fits)
}

// onlyEncounter returns the first of recordings that all belong to one
// encounter. A call without an encounter counts as one of its own: the name
// could be that call's.
func onlyEncounter(fits []care.Recording) (care.Recording, error) {
	if len(fits) == 0 {
		return care.Recording{}, care.NotFound("recording")
	}
	first := fits[0]
	for _, r := range fits[1:] {
		same := r.Owner == first.Owner || r.Encounter != nil && first.Encounter != nil && *r.Encounter == *first.Encounter
		if !same {
			return care.Recording{}, &care.Error{Kind: care.KindAmbiguous, Noun: "recording", Message: "Recording name matches more than one encounter"}
		}
	}
	if first.Encounter == nil {
		return care.Recording{}, care.NotFound("recording")
	}
	return first, nil
}
