package visits

import (
	"context"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Found is a recording's encounter, with the recording that answered.
type Found struct {
	Recording care.RecordingName
	Visit     care.Visit
}

// LookUp returns the encounter that a recording's name belongs to
// (telehealth.md section 12). Names match exactly as stored, failing that by
// care.NameForm. Errors: NotFound (unknown, withheld, refused, another
// tenant's), Ambiguous (it fits more than one encounter: never a guess).
func (s *Service) LookUp(ctx context.Context, actor care.Actor, scope care.Scope, name string) (Found, error) {
	var found Found
	// Of a person the care team is asked, too.
	q := gate.Request{Actor: actor, Action: policy.EncounterLookUp, Scope: scope, Asked: name, Alone: actor.Kind != care.ActorPerson}
	quick := true
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "encounter"}
		var err error
		found, err = find(tx, scope, name, quick)
		if quick = false; err != nil {
			return t, err
		}
		id := strconv.FormatInt(found.Visit.Encounter.ID, 10)
		return gate.PatientTarget(tx, actor, scope, "encounter", id, found.Visit.Patient.ID)
	}, func(store.Tx) (Found, error) { return found, nil })
}

// find asks for what nearly every name is, the name of one recording, where quick,
// and else for what it may be besides.
func find(tx store.Tx, scope care.Scope, name string, quick bool) (Found, error) {
	if quick {
		recording, visit, err := tx.VisitNamed(scope, name)
		if !care.IsNotFound(err) {
			return Found{recording, visit}, err
		}
	}
	r, err := gate.FindNamed(tx, scope, name)
	if err != nil {
		return Found{}, err
	}
	visit, err := tx.Visit(scope, *r.Encounter)
	return Found{care.RecordingName{ID: r.ID, Name: r.Name}, visit}, err
}
