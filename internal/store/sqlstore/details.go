package sqlstore

import (
	"encoding/json"
	"time"

	"chartline/internal/care"
)

const (
	sqlDetailsAdmit = `
	SELECT EXISTS (SELECT 1 FROM person WHERE tenant = $1 AND instance = $2 AND number = $3)`
	sqlDetailsPut = `
	INSERT INTO person_details (tenant, instance, person, details) VALUES ($1, $2, $3, $4)
	ON CONFLICT (tenant, instance, person) DO UPDATE SET details = excluded.details`
	sqlDetails = `
	SELECT tenant, instance, person, details FROM person_details
	WHERE tenant = $1 AND instance = $2 AND person >= $3 AND person <= $4 ORDER BY person`

	sqlRegistrationAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND number = $3)`
	sqlRegistrationPut = `
	INSERT INTO registration (tenant, instance, client, fingerprint, patient, registered_at) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (tenant, instance, client, fingerprint) DO UPDATE SET patient = excluded.patient, registered_at = excluded.registered_at`
	sqlRegistration = `
	SELECT tenant, instance, client, fingerprint, patient, registered_at FROM registration
	WHERE tenant = $1 AND instance = $2 AND client = $3 AND fingerprint = $4`
	sqlRegistrationsDelete = `
	DELETE FROM registration WHERE (tenant, instance, client, fingerprint) IN
		(SELECT tenant, instance, client, fingerprint FROM registration WHERE registered_at < $1 ORDER BY registered_at LIMIT $2)`
)

func scanDetails(r *row) care.Details {
	s, person, text := scanScope(r), r.int(), r.text()
	var d care.Details
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		r.fail(err)
	}
	d.Scope, d.Person = s, person
	return d
}

func scanRegistration(r *row) care.Registration {
	return care.Registration{Scope: scanScope(r), Client: r.text(), Fingerprint: r.text(), Patient: r.int(), At: r.time()}
}

func (t *tx) PutDetails(d care.Details) error {
	if err := t.admit("details", []string{"person"}, nil, sqlDetailsAdmit, d.Tenant, d.Instance, d.Person); err != nil {
		return err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return &care.Error{Kind: care.KindInternal, Cause: err}
	}
	_, err = t.exec(sqlDetailsPut, d.Tenant, d.Instance, d.Person, string(text))
	return err
}

func (t *tx) Details(s care.Scope, first, last int64) ([]care.Details, error) {
	return all(t, scanDetails, sqlDetails, s.Tenant, s.Instance, first, last)
}

func (t *tx) PutRegistration(v care.Registration) error {
	if err := t.admit("registration", []string{"patient"}, nil, sqlRegistrationAdmit, v.Tenant, v.Instance, v.Patient); err != nil {
		return err
	}
	_, err := t.exec(sqlRegistrationPut, v.Tenant, v.Instance, v.Client, v.Fingerprint, v.Patient, micros(v.At))
	return err
}

func (t *tx) Registration(s care.Scope, client, fingerprint string) (care.Registration, error) {
	return one(t, "registration", scanRegistration, sqlRegistration, s.Tenant, s.Instance, client, fingerprint)
}

func (t *tx) DeleteRegistrations(before time.Time, limit int) (int, error) {
	n, err := t.exec(sqlRegistrationsDelete, micros(before), int64(limit))
	return int(n), err
}
