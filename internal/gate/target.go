package gate

import (
	"chartline/internal/care"
	"chartline/internal/store"
)

// PatientTarget returns the facts that policy needs about a thing of a patient:
// whose it is, and whether the actor is in that patient's care team. API clients
// never are, so for them nothing is read.
func PatientTarget(tx store.Tx, actor care.Actor, s care.Scope, noun, id, patient string) (care.Target, error) {
	t := care.Target{Noun: noun, ID: id, Patient: patient}
	if actor.Kind != care.ActorPerson || actor.Provider == 0 || patient == "" {
		return t, nil
	}
	var err error
	t.CareTeam, err = tx.InCareTeam(s, patient, actor.Provider)
	return t, err
}
