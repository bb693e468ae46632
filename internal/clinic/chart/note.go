package chart

import (
	"context"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// NewNote is a note that arrives: Patient, Provider, ID, Sender and CreatedAt of
// Note are filled in here.
type NewNote struct {
	Note          care.Note
	Patient       care.PersonRef
	ProviderEmail string
}

// AddNote adds a note to a patient's chart. Errors: Invalid, NotFound (patient,
// provider; encounter, note: also another patient's), Ambiguous (provider),
// Forbidden.
func (s *Service) AddNote(ctx context.Context, actor care.Actor, in NewNote) (care.Note, error) {
	now := s.gate.Now()
	n := in.Note
	var bad care.Problems
	bad.Include(n.Check())
	bad.Include(n.CheckTime(now))
	if err := bad.Err(); err != nil {
		return care.Note{}, err
	}
	n.ID, n.Sender, n.CreatedAt = uuid.NewString(), actor.ID, now
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.NoteWrite, Scope: n.Scope}
	done, err := gate.Write(ctx, s.gate, q, locatePatient(actor, n.Scope, "note", in.Patient, &p), func(tx store.Tx) (gate.Made[care.Note], error) {
		n := n
		n.Patient = p.ID
		provider, err := gate.FindProviderByEmail(tx, n.Scope, in.ProviderEmail)
		if err != nil {
			return gate.Made[care.Note]{}, err
		}
		n.Provider = provider.Number
		if err := belongs(tx, n, p); err != nil {
			return gate.Made[care.Note]{}, err
		}
		return made("note", n.ID, n.Patient, n), tx.CreateNote(n)
	})
	return done.Value, err
}

// belongs reports, as not found, an encounter or a note that n refers to and
// that is not of its patient.
func belongs(tx store.Tx, n care.Note, p care.Patient) error {
	if n.Encounter != nil {
		e, err := tx.Encounter(n.Scope, *n.Encounter)
		if err == nil && e.Patient != p.Number {
			err = care.NotFound("encounter")
		}
		if err != nil {
			return err
		}
	}
	if n.Amends != "" {
		id, ok := care.ParseUUID(n.Amends)
		if !ok {
			return care.NotFound("note")
		}
		first, err := tx.Note(n.Scope, id)
		if err == nil && first.Patient != p.ID {
			err = care.NotFound("note")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Note returns a note. Errors: NotFound, Forbidden.
func (s *Service) Note(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.Note, error) {
	var n care.Note
	q := gate.Request{Actor: actor, Action: policy.NoteRead, Scope: scope}
	find := func(tx store.Tx, id string) (care.Note, error) { return tx.Note(scope, id) }
	return gate.Read(ctx, s.gate, q, locateThing(actor, scope, "note", id, find, func(n care.Note) string { return n.Patient }, &n),
		func(store.Tx) (care.Note, error) { return n, nil })
}

// Notes lists notes newest first, without their texts; see Forms.
func (s *Service) Notes(ctx context.Context, actor care.Actor, scope care.Scope, patient *care.PersonRef, after *Place, limit int) ([]care.Note, error) {
	var of string
	q := gate.Request{Actor: actor, Action: policy.NoteRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateListed(actor, scope, "note", patient, &of), func(tx store.Tx) ([]care.Note, error) {
		return tx.Notes(scope, of, after, limit)
	})
}
