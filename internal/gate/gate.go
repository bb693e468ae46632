package gate

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"chartline/internal/care"
	"chartline/internal/policy"
	"chartline/internal/store"
	"chartline/internal/trace"
)

// Gate decides on and audits every use of stored data.
type Gate struct {
	store    store.Store
	policy   *policy.Policy
	recorder *recorder
	names    NameHasher
	now      func() time.Time
}

// NameHasher turns a name that was asked for and not found into what the audit
// log may keep of it.
type NameHasher interface {
	Name(s care.Scope, name string) string
}

// Options are what a Gate needs.
type Options struct {
	Store  store.Store
	Policy *policy.Policy
	Names  NameHasher
	// Now is the clock; nil means the system's.
	Now func() time.Time
}

// New returns an open gate. Close it before its store.
func New(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Gate{store: o.Store, policy: o.Policy, names: o.Names, now: o.Now, recorder: newRecorder(o.Store)}
}

// Close waits for the entries under way and stops the recorder.
func (g *Gate) Close() { g.recorder.close() }

// Now is the gate's clock, in stored precision.
func (g *Gate) Now() time.Time { return care.Truncate(g.now()) }

// Request is who asks for what.
type Request struct {
	Actor  care.Actor
	Action care.Action
	// Scope is the data set; Instance is empty for what concerns a whole tenant,
	// and both are empty for what concerns the installation.
	Scope care.Scope
	// Asked is a name that was asked for; only its keyed hash is kept, and only
	// where nothing was found.
	Asked string
	// Reason is what the actor gave as reason for a change.
	Reason string
	// Alone says that what locate and work of a Read ask is most likely one statement
	// (store.Alone).
	Alone bool
	// Once makes a Write happen once; nil means each time.
	Once *care.Once
}

// Admit refuses, audited, an actor that could not be allowed this action on any
// target. A surface calls it before it looks at query and body (calls.md, order
// of the checks). Passing it allows nothing yet.
func (g *Gate) Admit(ctx context.Context, q Request) (err error) {
	d := g.policy.May(q.Actor, q.Action, q.Scope, g.now())
	if d.Allowed {
		return nil
	}
	ctx, span := trace.Start(ctx, trace.GateAdmit)
	defer func() { told(span, q.Action, err) }()
	return g.refuse(ctx, q, care.Target{}, d)
}

// Check finds and decides as Read does, and audits only what ends there: one
// that passes must lead to a Write or a Note, which audits it.
func (g *Gate) Check(ctx context.Context, q Request, locate func(store.Tx) (care.Target, error)) (target care.Target, err error) {
	ctx, span := trace.Start(ctx, trace.GateCheck)
	defer func() { told(span, q.Action, err) }()
	var d policy.Decision
	err = g.store.View(store.Within(ctx, q.Scope), func(tx store.Tx) error {
		var err error
		if target, err = locate(tx); err != nil {
			return err
		}
		if d = g.policy.Decide(q.Actor, q.Action, q.Scope, target, g.now()); !d.Allowed {
			return errRefused
		}
		return nil
	})
	if err != nil {
		return target, g.failed(ctx, q, target, d, err)
	}
	return target, nil
}

// Note audits what needs no data and has been decided elsewhere: a token that
// was refused, a log-in. It returns when the entry is durable.
func (g *Gate) Note(ctx context.Context, q Request, target care.Target, outcome care.Outcome, reason string) (err error) {
	ctx, span := trace.Start(ctx, trace.GateNote)
	defer func() {
		span.Decided(q.Action, outcome)
		span.End(err)
	}()
	e := g.entry(q, target)
	e.Outcome, e.Reason = outcome, reason
	if q.Asked != "" {
		e.Asked = g.names.Name(q.Scope, q.Asked)
	}
	return g.recorder.record(ctx, e)
}

// Read answers from stored data. locate finds what is asked for and returns the
// facts that policy needs; the policy decides; work makes the answer. Both run
// in one snapshot, perhaps again in a later one, and must copy what they keep.
// What an instance holds may be read elsewhere (store.Elsewhere), what says who
// may do what may not. The answer is returned only
// once its audit entry is durable, whether or not ctx is still alive.
func Read[T any](ctx context.Context, g *Gate, q Request, locate func(store.Tx) (care.Target, error), work func(store.Tx) (T, error)) (_ T, err error) {
	ctx, span := trace.Start(ctx, trace.GateRead)
	defer func() { told(span, q.Action, err) }()
	var (
		answer T
		target care.Target
		d      policy.Decision
	)
	in := store.Within(ctx, q.Scope)
	if q.Scope.Instance != "" {
		in = store.Elsewhere(in)
	}
	if q.Alone {
		in = store.Alone(in)
	}
	err = g.store.View(in, func(tx store.Tx) error {
		var err error
		if target, err = locate(tx); err != nil {
			return err
		}
		if d = g.policy.Decide(q.Actor, q.Action, q.Scope, target, g.now()); !d.Allowed {
			return errRefused
		}
		answer, err = work(tx)
		return err
	})
	var none T
	if err != nil {
		return none, g.failed(ctx, q, target, d, err)
	}
	e := g.entry(q, target)
	e.Outcome, e.Reason = care.OutcomeAllowed, reason(q, d)
	if err := g.recorder.record(ctx, e); err != nil {
		return none, err
	}
	return answer, nil
}

// Write changes stored data, with its audit entry in the same transaction.
// locate and work may be run again; see store.Store. Where q.Once names a key
// that was used before for the same request, the first answer is returned and
// nothing is done; for another request it is care.KindMismatch. T must survive
// encoding/json.
func Write[T any](ctx context.Context, g *Gate, q Request, locate func(store.Tx) (care.Target, error), work func(store.Tx) (T, error)) (_ T, err error) {
	ctx, span := trace.Start(ctx, trace.GateWrite)
	defer func() { told(span, q.Action, err) }()
	var (
		answer, none T
		target       care.Target
		d            policy.Decision
	)
	at := g.Now()
	err = g.store.Update(store.Within(ctx, q.Scope), func(tx store.Tx) error {
		var err error
		answer, target = none, care.Target{}
		if target, err = locate(tx); err != nil {
			return err
		}
		if d = g.policy.Decide(q.Actor, q.Action, q.Scope, target, at); !d.Allowed {
			return errRefused
		}
		e := g.entry(q, target)
		e.At, e.Outcome, e.Reason = at, care.OutcomeAllowed, reason(q, d)
		replayed, err := replay(tx, q, &answer)
		if err != nil {
			return err
		}
		if !replayed {
			if answer, err = work(tx); err != nil {
				return err
			}
			if err := remember(tx, q, answer, at); err != nil {
				return err
			}
		}
		describe(&e, answer)
		return appendEntries(tx, e.Chain, []care.AuditEntry{e})
	})
	if err != nil {
		return none, g.failed(ctx, q, target, d, err)
	}
	return answer, nil
}

// Made is the answer of a creation, with the target that locate could not know
// before it.
type Made[T any] struct {
	Value  T
	Target care.Target
}

// AuditTarget names what was made.
func (m Made[T]) AuditTarget() care.Target { return m.Target }

// Targeter is an answer that names what a Write made, where locate could not
// know it yet.
type Targeter interface{ AuditTarget() care.Target }

// Refuser is an answer that can say that the Write kept only the refusal, and
// why; an empty reason means that it did its work.
type Refuser interface{ Refused() string }

func describe(e *care.AuditEntry, answer any) {
	if t, ok := answer.(Targeter); ok && e.ID == "" {
		made := t.AuditTarget()
		e.Noun, e.ID, e.Patient = made.Noun, made.ID, made.Patient
	}
	if r, ok := answer.(Refuser); ok && r.Refused() != "" {
		e.Outcome, e.Reason = care.OutcomeRefused, r.Refused()
	}
}

// Nothing is a locate for what needs no finding: a list, a creation.
func Nothing(noun string) func(store.Tx) (care.Target, error) {
	return func(store.Tx) (care.Target, error) { return care.Target{Noun: noun}, nil }
}

// errRefused leaves a transaction that policy refused.
var errRefused = &care.Error{Kind: care.KindForbidden, Message: "refused"}

// told ends a span with what became of a request.
func told(span *trace.Active, action care.Action, err error) {
	outcome := care.OutcomeFailed
	switch {
	case err == nil:
		outcome = care.OutcomeAllowed
	case care.KindOf(err) == care.KindForbidden:
		outcome = care.OutcomeRefused
	case care.KindOf(err) == care.KindNotFound:
		outcome = care.OutcomeNotFound
	}
	span.Decided(action, outcome)
	span.End(err)
}

// failed audits a request that ended without its answer and returns the error
// to give: err itself, or that it could not be audited. Faults that told the
// actor nothing are not audited: the store is down, or the code is wrong.
func (g *Gate) failed(ctx context.Context, q Request, target care.Target, d policy.Decision, err error) error {
	if errors.Is(err, errRefused) {
		return g.refuse(ctx, q, target, d)
	}
	e := g.entry(q, target)
	switch kind := care.KindOf(err); kind {
	case care.KindInternal, care.KindUnavailable:
		return err
	case care.KindNotFound:
		e.Outcome = care.OutcomeNotFound
	case care.KindForbidden:
		e.Outcome = care.OutcomeRefused
	default:
		e.Outcome, e.Reason = care.OutcomeFailed, kind.String()
	}
	if q.Asked != "" {
		e.Asked = g.names.Name(q.Scope, q.Asked)
	}
	if auditErr := g.recorder.record(ctx, e); auditErr != nil {
		return auditErr
	}
	return err
}

func (g *Gate) refuse(ctx context.Context, q Request, target care.Target, d policy.Decision) error {
	e := g.entry(q, target)
	e.Outcome, e.Reason = care.OutcomeRefused, d.Reason
	if care.CheckInstanceName(e.Instance) != nil {
		e.Instance = "" // whatever the actor wrote: it may be a person's name, or very long
	}
	if err := g.recorder.record(ctx, e); err != nil {
		return err
	}
	if d.Hidden {
		return care.NotFound(target.Noun)
	}
	return &care.Error{Kind: care.KindForbidden, Noun: target.Noun, Message: "access is restricted"}
}

// entry fills what is known of every request. An actor of another tenant is
// recorded in its own tenant's chain: it must not be able to write into others'.
func (g *Gate) entry(q Request, t care.Target) care.AuditEntry {
	e := care.AuditEntry{
		Chain: q.Scope.Tenant, At: g.Now(), Actor: q.Actor.Kind, ActorID: q.Actor.ID,
		Address: q.Actor.Origin.Address, Via: q.Actor.Origin.Via, Request: q.Actor.Origin.RequestID,
		Instance: q.Scope.Instance, Action: q.Action, Noun: t.Noun, ID: t.ID, Patient: t.Patient,
	}
	if q.Actor.Tenant != "" && q.Actor.Tenant != q.Scope.Tenant {
		e.Chain, e.Instance = q.Actor.Tenant, ""
	}
	return e
}

func reason(q Request, d policy.Decision) string {
	if q.Reason != "" {
		return q.Reason
	}
	return d.Reason
}

// replay fills answer with what an earlier request with the same key did.
func replay[T any](tx store.Tx, q Request, answer *T) (bool, error) {
	if q.Once == nil {
		return false, nil
	}
	fingerprint, result, err := tx.Done(q.Scope, q.Actor.ID, q.Once.Key)
	switch {
	case care.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	case fingerprint != q.Once.Fingerprint:
		return false, &care.Error{Kind: care.KindMismatch, Noun: "idempotency_key", Message: "the key was used for another request"}
	}
	return true, json.Unmarshal(result, answer)
}

func remember[T any](tx store.Tx, q Request, answer T, at time.Time) error {
	if q.Once == nil {
		return nil
	}
	result, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return tx.SetDone(q.Scope, q.Actor.ID, q.Once.Key, q.Once.Fingerprint, result, at)
}
