package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// trip is how one noun goes in, comes out and changes.
type trip[T any] struct {
	noun string
	// of returns a thing with every field set and the same key in both rounds.
	of     func(w ward, round int) T
	create func(store.Tx, T) error
	read   func(store.Tx, T) (T, error)
	update func(store.Tx, T) error
	// bare clears what is optional.
	bare func(*T)
	// zero names the fields that stay zero: what the store works out itself.
	zero []string
}

// test runs every step on one store, each with a tenant of its own.
func (tr trip[T]) test() test {
	steps := []struct {
		name string
		run  func(*testing.T, store.Store, ward)
	}{
		{"Every field that goes in comes out", tr.there},
		{"What is absent stays absent", tr.bareThere},
		{"Every field can be changed", tr.changed},
		{"Every optional field can be cleared", tr.cleared},
		{"Changing what is not there is not found", tr.changedAbsent},
	}
	if tr.update == nil {
		steps = steps[:2]
	}
	return test{"What is kept of " + tr.noun, func(t *testing.T, s store.Store) {
		for i, step := range steps {
			t.Run(step.name, func(t *testing.T) { step.run(t, s, openTripWard(t, s, fmt.Sprint("acme-", i))) })
		}
	}}
}

func (tr trip[T]) stored(t *testing.T, s store.Store, v T) {
	t.Helper()
	update(t, s, func(tx store.Tx) error { return tr.create(tx, v) })
	tr.is(t, s, v)
}

func (tr trip[T]) is(t *testing.T, s store.Store, want T) {
	t.Helper()
	equal(t, get(t, s, func(tx store.Tx) (T, error) { return tr.read(tx, want) }), want)
}

func (tr trip[T]) there(t *testing.T, s store.Store, w ward) {
	v := tr.of(w, 0)
	for _, f := range unset(reflect.ValueOf(v), "") {
		if !slices.Contains(tr.zero, f) {
			t.Errorf("the test leaves %s%s zero", tr.noun, f)
		}
	}
	tr.stored(t, s, v)
}

func (tr trip[T]) bareThere(t *testing.T, s store.Store, w ward) {
	v := tr.of(w, 0)
	tr.bare(&v)
	tr.stored(t, s, v)
}

func (tr trip[T]) changed(t *testing.T, s store.Store, w ward) {
	tr.stored(t, s, tr.of(w, 0))
	v := tr.of(w, 1)
	update(t, s, func(tx store.Tx) error { return tr.update(tx, v) })
	tr.is(t, s, v)
}

func (tr trip[T]) cleared(t *testing.T, s store.Store, w ward) {
	v := tr.of(w, 0)
	tr.stored(t, s, v)
	tr.bare(&v)
	update(t, s, func(tx store.Tx) error { return tr.update(tx, v) })
	tr.is(t, s, v)
}

func (tr trip[T]) changedAbsent(t *testing.T, s store.Store, w ward) {
	v := tr.of(w, 0)
	refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tr.update(tx, v) })
	absent(t, s, func(tx store.Tx) (T, error) { return tr.read(tx, v) })
}

// openTripWard opens a ward and stores a second patient, provider, encounter,
// session and call beside its first, for changes to point to.
func openTripWard(t *testing.T, s store.Store, tenant string) ward {
	t.Helper()
	w := openWard(t, s, tenant, "live")
	openClinic(t, s, tenant, "sandbox")
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return tx.CreatePatient(w.patient(2)) },
			func() error { return tx.CreateProvider(w.provider(2)) },
			func() error { return tx.CreateEncounter(w.encounter(2, w.patient(2), w.provider(2))) },
			func() error { return tx.CreateSession(w.session(2, 2)) },
			func() error { return tx.CreateCall(w.call(2, w.patient(2))) },
		)
	})
	return w
}

func roundTripTests() []test {
	return append(append(bookingTrips(), chartTrips()...), []test{
		tripTenant().test(), tripInstance().test(), tripClient().test(), tripGrant().test(), tripToken().test(),
		tripPatient().test(), tripProvider().test(), tripMember().test(), tripEncounter().test(),
		tripSession().test(), tripCall().test(), tripRecording().test(), tripAudit().test(),
		tripLogin().test(), tripStaffLogin().test(), tripLoginLink().test(), tripWebSession().test(),
	}...)
}

func tripTenant() trip[care.Tenant] {
	return trip[care.Tenant]{
		noun: "a tenant",
		of: func(w ward, round int) care.Tenant {
			v := filled[care.Tenant](round)
			v.Name = w.Tenant + "-2"
			return v
		},
		create: store.Tx.CreateTenant,
		read:   func(tx store.Tx, v care.Tenant) (care.Tenant, error) { return tx.Tenant(v.Name) },
		bare:   func(v *care.Tenant) { v.Title = "" },
	}
}

func tripInstance() trip[care.Instance] {
	return trip[care.Instance]{
		noun: "an instance",
		of: func(w ward, round int) care.Instance {
			v := filled[care.Instance](round)
			v.Scope, v.CreatedAt = care.Scope{Tenant: w.Tenant, Instance: "archive"}, epoch
			return v
		},
		create: store.Tx.CreateInstance,
		read:   func(tx store.Tx, v care.Instance) (care.Instance, error) { return tx.Instance(v.Scope) },
		update: store.Tx.UpdateInstance,
		bare:   func(v *care.Instance) { v.UnknownConsentRefused = false },
	}
}

func tripClient() trip[care.Client] {
	return trip[care.Client]{
		noun: "a client",
		of: func(w ward, round int) care.Client {
			v := filled[care.Client](round)
			v.Name, v.Tenant, v.CreatedAt = w.label+"-program", w.Tenant, epoch
			v.Home, v.Instances = "live", []string{"live"}
			if round == 1 {
				v.Home, v.Instances = "sandbox", []string{"live", "sandbox"}
			}
			return v
		},
		create: store.Tx.CreateClient,
		read:   func(tx store.Tx, v care.Client) (care.Client, error) { return tx.Client(v.Name) },
		update: store.Tx.UpdateClient,
		bare:   func(v *care.Client) { v.Title, v.Enabled, v.BlockedUntil = "", false, nil },
	}
}

func tripGrant() trip[care.Grant] {
	client := func(tx store.Tx, v care.Grant) error {
		c := clinicOf(v.Tenant, v.Instance).client(1)
		c.Name = v.Client
		return tx.CreateClient(c)
	}
	return trip[care.Grant]{
		noun: "a grant",
		of: func(w ward, round int) care.Grant {
			v := filled[care.Grant](round)
			v.Client, v.Tenant, v.Instance = w.label+"-program", w.Tenant, w.Instance
			return v
		},
		create: func(tx store.Tx, v care.Grant) error {
			if err := client(tx, v); err != nil {
				return err
			}
			return tx.PutGrant(v)
		},
		read: func(tx store.Tx, v care.Grant) (care.Grant, error) {
			return only(tx.Grants(v.Client))
		},
		bare: func(v *care.Grant) { v.Until = nil },
	}
}

func tripToken() trip[care.Token] {
	return trip[care.Token]{
		noun: "a token",
		of: func(w ward, round int) care.Token {
			v := filled[care.Token](round)
			v.Hash, v.Client, v.Tenant = digest(w.label, round), w.client(1).Name, w.Tenant
			return v
		},
		create: func(tx store.Tx, v care.Token) error {
			if err := tx.CreateClient(clinicOf(v.Tenant, "live").client(1)); err != nil {
				return err
			}
			return tx.CreateToken(v)
		},
		read: func(tx store.Tx, v care.Token) (care.Token, error) { return tx.Token(v.Hash) },
		bare: func(*care.Token) {},
	}
}

func tripPatient() trip[care.Patient] {
	return trip[care.Patient]{
		noun: "a patient",
		of: func(w ward, round int) care.Patient {
			v := filled[care.Patient](round)
			v.Scope, v.ID, v.Number, v.CreatedAt = w.Scope, uid("trip", 1), care.PersonNumber(2023, 1111), epoch
			return v
		},
		create: store.Tx.CreatePatient,
		read:   func(tx store.Tx, v care.Patient) (care.Patient, error) { return tx.Patient(v.Scope, v.ID) },
		update: store.Tx.UpdatePatient,
		bare: func(v *care.Patient) {
			*v = care.Patient{Scope: v.Scope, ID: v.ID, Number: v.Number, FirstName: v.FirstName, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt}
		},
	}
}

func tripProvider() trip[care.Provider] {
	return trip[care.Provider]{
		noun: "a provider",
		of: func(w ward, round int) care.Provider {
			v := filled[care.Provider](round)
			v.Scope, v.ID, v.Number, v.CreatedAt = w.Scope, uid("trip", 1), care.PersonNumber(2022, 834), epoch
			return v
		},
		create: store.Tx.CreateProvider,
		read:   func(tx store.Tx, v care.Provider) (care.Provider, error) { return tx.Provider(v.Scope, v.Number) },
		update: store.Tx.UpdateProvider,
		bare: func(v *care.Provider) {
			*v = care.Provider{Scope: v.Scope, ID: v.ID, Number: v.Number, LastName: v.LastName, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt}
		},
	}
}

func tripMember() trip[care.CareTeamMember] {
	return trip[care.CareTeamMember]{
		noun: "a care-team member",
		of: func(w ward, round int) care.CareTeamMember {
			v := filled[care.CareTeamMember](round)
			v.Scope, v.Patient, v.Provider = w.Scope, w.Patient.ID, w.Provider.Number
			return v
		},
		create: store.Tx.PutCareTeamMember,
		read: func(tx store.Tx, v care.CareTeamMember) (care.CareTeamMember, error) {
			return only(tx.CareTeam(v.Scope, v.Patient))
		},
		bare: func(v *care.CareTeamMember) { v.Role = "" },
	}
}

func tripEncounter() trip[care.Encounter] {
	return trip[care.Encounter]{
		noun: "an encounter",
		of: func(w ward, round int) care.Encounter {
			v := filled[care.Encounter](round)
			v.Scope, v.ID, v.CreatedAt = w.Scope, 13356, epoch
			v.Patient, v.Provider = w.patient(1+round).Number, w.provider(1+round).Number
			return v
		},
		create: store.Tx.CreateEncounter,
		read:   func(tx store.Tx, v care.Encounter) (care.Encounter, error) { return tx.Encounter(v.Scope, v.ID) },
		update: store.Tx.UpdateEncounter,
		bare:   func(v *care.Encounter) { v.Complaint = "" },
	}
}

func tripSession() trip[care.Session] {
	return trip[care.Session]{
		noun: "a session",
		of: func(w ward, round int) care.Session {
			v := filled[care.Session](round)
			v.Scope, v.ID, v.Encounter, v.CreatedAt = w.Scope, sessionID("trip", 1), int64(1+round), epoch
			v.SID = uid("trip", 1+round)
			v.Others = []int64{w.provider(2 - round).Number, w.patient(2).Number, w.patient(1 + round).Number}
			return v
		},
		create: store.Tx.CreateSession,
		read:   func(tx store.Tx, v care.Session) (care.Session, error) { return tx.Session(v.Scope, v.ID) },
		update: store.Tx.UpdateSession,
		bare:   func(v *care.Session) { v.End, v.Reported, v.Others = nil, nil, nil },
	}
}

func tripCall() trip[care.Call] {
	return trip[care.Call]{
		noun: "a call",
		of: func(w ward, round int) care.Call {
			v := filled[care.Call](round)
			v.Scope, v.ID, v.CreatedAt = w.Scope, uid("trip", 1), epoch
			v.Patient, v.Encounter = w.patient(1+round).ID, ptr(int64(1+round))
			v.CalledAt, v.Media = on(7+round), care.MediaNone
			return v
		},
		create: store.Tx.CreateCall,
		read:   func(tx store.Tx, v care.Call) (care.Call, error) { return tx.Call(v.Scope, v.ID) },
		update: store.Tx.UpdateCall,
		bare: func(v *care.Call) {
			*v = care.Call{
				Scope: v.Scope, ID: v.ID, Patient: v.Patient, Direction: v.Direction, Status: v.Status,
				CalledAt: v.CalledAt, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
			}
		},
		zero: []string{".Media"},
	}
}

func tripRecording() trip[care.Recording] {
	return trip[care.Recording]{
		noun: "a recording",
		of: func(w ward, round int) care.Recording {
			v := filled[care.Recording](round)
			v.Scope, v.ID, v.CreatedAt = w.Scope, uid("trip", 1), epoch
			v.Owner = care.Owner{Kind: care.OwnerCall, ID: w.call(1, w.Patient).ID}
			v.Patient, v.Encounter = w.patient(1+round).ID, ptr(int64(1+round))
			if round == 1 {
				v.Owner = care.Owner{Kind: care.OwnerSession, ID: w.session(2, 2).ID}
			}
			return v
		},
		create: store.Tx.CreateRecording,
		read:   func(tx store.Tx, v care.Recording) (care.Recording, error) { return tx.Recording(v.Scope, v.ID) },
		update: store.Tx.UpdateRecording,
		bare: func(v *care.Recording) {
			v.Encounter, v.Duration, v.StartedAt, v.WithheldAt, v.WithheldReason, v.DeletedAt = nil, nil, nil, nil, "", nil
		},
	}
}

func tripAudit() trip[store.AuditGroup] {
	return trip[store.AuditGroup]{
		noun: "an audit group",
		of: func(w ward, round int) store.AuditGroup {
			v := filled[store.AuditGroup](round)
			v.Chain, v.First, v.Last = w.Tenant, 1, 3
			v.Lines = []byte("{\"é\":\"\\u0000\"}\n{}\n\xff{}\n")
			return v
		},
		create: store.Tx.AppendAudit,
		read: func(tx store.Tx, v store.AuditGroup) (store.AuditGroup, error) {
			return only(tx.AuditGroups(v.Chain, 0, 10))
		},
		bare: func(*store.AuditGroup) {},
	}
}
