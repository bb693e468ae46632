package visits

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CreateSession stores a video session of ss.Encounter. An id and a sid that
// are brought are kept, absent ones made. Errors: Invalid, NotFound (encounter),
// Conflict (id, sid), Forbidden.
func (s *Service) CreateSession(ctx context.Context, actor care.Actor, ss care.Session, once *care.Once) (care.Session, error) {
	if err := checkSession(&ss); err != nil {
		return care.Session{}, err
	}
	if ss.ID == "" {
		ss.ID = newSessionID()
	}
	if ss.SID == "" {
		ss.SID = uuid.NewString()
	}
	ss.CreatedAt = s.gate.Now()
	ss.UpdatedAt = ss.CreatedAt
	var e care.Encounter
	q := gate.Request{Actor: actor, Action: policy.EncounterWrite, Scope: ss.Scope, Once: once}
	return gate.Write(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		var err error
		if e, err = tx.Encounter(ss.Scope, ss.Encounter); err != nil {
			return care.Target{Noun: "session"}, err
		}
		return encounterTarget(tx, actor, e, "session", ss.ID)
	}, func(tx store.Tx) (care.Session, error) {
		made := ss
		made.Others = others(made.Others, e)
		return made, tx.CreateSession(made)
	})
}

// SessionChange is what can be changed of a session; what is nil stays.
type SessionChange struct {
	Status   *care.SessionStatus
	Start    *time.Time
	End      care.Edit[time.Time]
	Reported care.Edit[int64]
	Others   *[]int64
}

// ChangeSession changes a session. Errors: Invalid, NotFound, Forbidden.
func (s *Service) ChangeSession(ctx context.Context, actor care.Actor, scope care.Scope, id string, c SessionChange) (care.Session, error) {
	var (
		ss care.Session
		e  care.Encounter
	)
	q := gate.Request{Actor: actor, Action: policy.EncounterWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateSession(actor, scope, id, &ss, &e), func(tx store.Tx) (care.Session, error) {
		care.Replace(&ss.Status, c.Status)
		care.Replace(&ss.Start, c.Start)
		care.Replace(&ss.Others, c.Others)
		c.End.Apply(&ss.End)
		c.Reported.Apply(&ss.Reported)
		if err := checkSession(&ss); err != nil {
			return ss, err
		}
		ss.Others = others(ss.Others, e)
		ss.UpdatedAt = s.gate.Now()
		return ss, tx.UpdateSession(ss)
	})
}

// Session returns a session. Errors: NotFound, Forbidden.
func (s *Service) Session(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.Session, error) {
	var ss care.Session
	q := gate.Request{Actor: actor, Action: policy.EncounterRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateSession(actor, scope, id, &ss, new(care.Encounter)), func(store.Tx) (care.Session, error) { return ss, nil })
}

// Sessions lists sessions by id, at most limit of those after the given one;
// encounter, where not nil, narrows to one encounter's. Errors: NotFound
// (encounter), Forbidden.
func (s *Service) Sessions(ctx context.Context, actor care.Actor, scope care.Scope, encounter *int64, after string, limit int) ([]care.Session, error) {
	var of int64
	q := gate.Request{Actor: actor, Action: policy.EncounterRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		if encounter == nil {
			return care.Target{Noun: "session"}, nil
		}
		e, err := tx.Encounter(scope, *encounter)
		if err != nil {
			return care.Target{Noun: "session"}, err
		}
		of = e.ID
		return encounterTarget(tx, actor, e, "session", "")
	}, func(tx store.Tx) ([]care.Session, error) {
		return tx.Sessions(scope, of, after, limit)
	})
}

// locateSession finds a session into ss and its encounter into e.
func locateSession(actor care.Actor, scope care.Scope, id string, ss *care.Session, e *care.Encounter) func(store.Tx) (care.Target, error) {
	id, ok := care.ParseSessionID(id)
	return func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "session"}
		if !ok {
			return t, care.NotFound("session")
		}
		var err error
		if *ss, err = tx.Session(scope, id); err != nil {
			return t, err
		}
		if *e, err = tx.Encounter(scope, ss.Encounter); err != nil {
			return t, err
		}
		return encounterTarget(tx, actor, *e, "session", ss.ID)
	}
}

// checkSession checks ss and brings its times to stored precision.
func checkSession(ss *care.Session) error {
	ss.Start, ss.End = care.Truncate(ss.Start), care.TruncatePtr(ss.End)
	if !slices.ContainsFunc(ss.Others, func(n int64) bool { return !care.ValidPersonNumber(n) }) {
		return ss.Check()
	}
	return care.Invalid("others", "must be person numbers")
}

// others leaves out who takes part anyway and who is named twice.
func others(numbers []int64, e care.Encounter) []int64 {
	var out []int64
	for _, n := range numbers {
		if n != e.Patient && n != e.Provider && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// newSessionID returns 24 random hex digits.
func newSessionID() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
