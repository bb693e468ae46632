package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/store"
)

// epoch is the suite's clock: everything happens some seconds around it.
var epoch = time.Date(2026, 3, 18, 14, 22, 7, 123456000, time.UTC)

// at is the time n seconds after the epoch; on is the same in whole seconds.
func at(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }
func on(n int) time.Time { return care.WholeSeconds(at(n)) }

func ptr[T any](v T) *T { return &v }

// uid is the n-th UUID under label: always the same, in no order.
func uid(label string, n int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%d", label, n)).String()
}

func digest(label string, n int) [32]byte { return sha256.Sum256(fmt.Appendf(nil, "%s/%d", label, n)) }

func sessionID(label string, n int) string {
	d := digest(label, n)
	return hex.EncodeToString(d[:12])
}

// clinic makes things of one scope. label goes into ids, so that two clinics of
// one label have the same ids and two of different ones share none; mark goes
// into texts, and into what is unique in the whole installation.
type clinic struct {
	care.Scope
	label, mark string
}

func clinicOf(tenant, instance string) clinic {
	name := tenant + "-" + instance
	return clinic{care.Scope{Tenant: tenant, Instance: instance}, name, name}
}

// openClinic stores an instance, and its tenant where that is new.
func openClinic(t tb, s store.Store, tenant, instance string) clinic {
	t.Helper()
	c := clinicOf(tenant, instance)
	update(t, s, c.open)
	return c
}

func (c clinic) open(tx store.Tx) error {
	_, err := tx.Tenant(c.Tenant)
	if care.IsNotFound(err) {
		err = tx.CreateTenant(care.Tenant{Name: c.Tenant, Title: "Practice " + c.Tenant, CreatedAt: epoch})
	}
	if err != nil {
		return err
	}
	return tx.CreateInstance(c.instance())
}

func (c clinic) instance() care.Instance {
	return care.Instance{Scope: c.Scope, TimeZone: "America/Chicago", CreatedAt: epoch, UpdatedAt: epoch}
}

func (c clinic) client(n int) care.Client {
	h := digest(c.mark+" secret", n)
	return care.Client{
		Name: fmt.Sprintf("%s-client-%03d", c.mark, n), Tenant: c.Tenant, Title: fmt.Sprintf("%s program %d", c.mark, n),
		SecretHash: h[:], Enabled: true, Home: c.Instance, Instances: []string{c.Instance}, CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) grant(client string, name care.GrantName) care.Grant {
	return care.Grant{Client: client, Tenant: c.Tenant, Instance: c.Instance, Name: name, CreatedAt: epoch}
}

func (c clinic) token(client string, n int, issued time.Time) care.Token {
	return care.Token{Hash: digest(client, n), Tenant: c.Tenant, Client: client, IssuedAt: issued, ExpiresAt: issued.Add(time.Hour)}
}

func (c clinic) patient(n int) care.Patient {
	return care.Patient{
		Scope: c.Scope, ID: uid(c.label+" patient", n), Number: care.PersonNumber(2024, int64(n)),
		FirstName: fmt.Sprintf("%s Nadia %d", c.mark, n), LastName: "Okafor", CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) provider(n int) care.Provider {
	return care.Provider{
		Scope: c.Scope, ID: uid(c.label+" provider", n), Number: care.PersonNumber(2022, int64(n)),
		FirstName: fmt.Sprintf("%s Ines %d", c.mark, n), LastName: "Brandt", Title: "MD", CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) member(p care.Patient, d care.Provider) care.CareTeamMember {
	return care.CareTeamMember{Scope: c.Scope, Patient: p.ID, Provider: d.Number, Role: c.mark + " lead", CreatedAt: epoch}
}

func (c clinic) encounter(id int64, p care.Patient, d care.Provider) care.Encounter {
	return care.Encounter{
		Scope: c.Scope, ID: id, Patient: p.Number, Provider: d.Number,
		Complaint: fmt.Sprintf("%s cough %d", c.mark, id), CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) session(n int, encounter int64) care.Session {
	return care.Session{
		Scope: c.Scope, ID: sessionID(c.label+" session", n), SID: uid(c.label+" sid", n), Encounter: encounter,
		Status: care.SessionCompleted, Start: at(n), End: ptr(at(n + 60)), CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) call(n int, p care.Patient) care.Call {
	return care.Call{
		Scope: c.Scope, ID: uid(c.label+" call", n), Patient: p.ID, Direction: care.Inbound, Status: care.CallCompleted,
		Duration: int64(n), CalledAt: on(n), From: "+15550100", To: "+15550101", Source: c.mark, CreatedAt: epoch, UpdatedAt: epoch,
	}
}

// recording is audible and holds its name.
func (c clinic) recording(n int, name string) care.Recording {
	return care.Recording{
		Scope: c.Scope, ID: uid(c.label+" recording", n), Name: name, NameStatus: care.NameHeld,
		ContentType: "audio/mpeg", Size: int64(1000 + n), SHA256: digest(c.mark+" bytes", n),
		BlobKey: fmt.Sprintf("%s/%06d", c.mark, n), Consent: care.ConsentGiven, CreatedAt: at(n), UpdatedAt: at(n),
	}
}

func (c clinic) ofSession(r care.Recording, s care.Session, p care.Patient) care.Recording {
	r.Owner, r.Patient, r.Encounter = care.Owner{Kind: care.OwnerSession, ID: s.ID}, p.ID, ptr(s.Encounter)
	return r
}

func (c clinic) ofCall(r care.Recording, call care.Call) care.Recording {
	r.Owner, r.Patient, r.Encounter = care.Owner{Kind: care.OwnerCall, ID: call.ID}, call.Patient, call.Encounter
	return r
}

// ward is a clinic with one patient, provider, encounter, session and call:
// what most tests hang something on.
type ward struct {
	clinic
	Patient   care.Patient
	Provider  care.Provider
	Encounter care.Encounter
	Session   care.Session
	Call      care.Call
}

func openWard(t tb, s store.Store, tenant, instance string) ward {
	t.Helper()
	w := wardIn(clinicOf(tenant, instance))
	update(t, s, func(tx store.Tx) error {
		if err := w.open(tx); err != nil {
			return err
		}
		return w.create(tx)
	})
	return w
}

// wardIn makes the ward without storing it.
func wardIn(c clinic) ward {
	w := ward{clinic: c, Patient: c.patient(1), Provider: c.provider(1)}
	w.Encounter = c.encounter(1, w.Patient, w.Provider)
	w.Session = c.session(1, w.Encounter.ID)
	w.Call = c.call(1, w.Patient)
	return w
}

func (w ward) create(tx store.Tx) error {
	return all(
		func() error { return tx.CreateProvider(w.Provider) },
		func() error { return tx.CreatePatient(w.Patient) },
		func() error { return tx.CreateEncounter(w.Encounter) },
		func() error { return tx.CreateSession(w.Session) },
		func() error { return tx.CreateCall(w.Call) },
	)
}

// each creates every item, in order.
func each[T any](items []T, create func(T) error) error {
	for _, item := range items {
		if err := create(item); err != nil {
			return err
		}
	}
	return nil
}

// inOrder makes changes in tx until one fails.
func inOrder(tx store.Tx, changes []func(store.Tx) error) error {
	return each(changes, func(change func(store.Tx) error) error { return change(tx) })
}

// all runs steps until one fails.
func all(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// only returns the one item there is.
func only[T any](items []T, err error) (T, error) {
	var zero T
	switch {
	case err != nil:
		return zero, err
	case len(items) == 0:
		return zero, care.NotFound("item")
	case len(items) > 1:
		return zero, fmt.Errorf("%d items, want one", len(items))
	}
	return items[0], nil
}
