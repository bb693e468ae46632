package sqlstore

import (
	"fmt"

	"chartline/internal/care"
)

const (
	// A counter's value is the last number drawn.
	sqlCounterNext = `
	INSERT INTO counter (tenant, instance, name, value) VALUES ($1, $2, $3, 1)
	ON CONFLICT (tenant, instance, name) DO UPDATE SET value = counter.value + 1 RETURNING value`
	sqlCounterRaise = `
	INSERT INTO counter (tenant, instance, name, value) VALUES ($1, $2, $3, $4)
	ON CONFLICT (tenant, instance, name) DO UPDATE SET value = excluded.value WHERE counter.value < excluded.value`
	sqlPersonInsert = `
	INSERT INTO person (tenant, instance, number, kind) VALUES ($1, $2, $3, $4)`

	sqlPatientAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM person WHERE tenant = $1 AND instance = $2 AND number = $4),
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND mrn = $5 AND mrn <> ''),
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND external_id = $6 AND external_id <> '')`
	sqlPatientInsert = `
	INSERT INTO patient (tenant, instance, id, number, first_name, middle_name, last_name, birth_date, gender,
		email, phone, country_code, time_zone, mrn, external_id, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`
	sqlPatientChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND mrn = $4 AND mrn <> '' AND id <> $3),
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND external_id = $5 AND external_id <> '' AND id <> $3)`
	sqlPatientUpdate = `
	UPDATE patient SET first_name = $4, middle_name = $5, last_name = $6, birth_date = $7, gender = $8, email = $9,
		phone = $10, country_code = $11, time_zone = $12, mrn = $13, external_id = $14, updated_at = $15
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsPatient = `
	SELECT tenant, instance, id, number, first_name, middle_name, last_name, birth_date, gender,
		email, phone, country_code, time_zone, mrn, external_id, created_at, updated_at
	FROM patient`
	sqlPatient             = colsPatient + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlPatientByNumber     = colsPatient + ` WHERE tenant = $1 AND instance = $2 AND number = $3`
	sqlPatientByMRN        = colsPatient + ` WHERE tenant = $1 AND instance = $2 AND mrn = $3 AND mrn <> ''`
	sqlPatientByExternalID = colsPatient + ` WHERE tenant = $1 AND instance = $2 AND external_id = $3 AND external_id <> ''`
	sqlPatients            = colsPatient + ` WHERE tenant = $1 AND instance = $2 AND number > $3 ORDER BY number LIMIT $4`
)

func scanScope(r *row) care.Scope { return care.Scope{Tenant: r.text(), Instance: r.text()} }

func scanPatient(r *row) care.Patient {
	return care.Patient{
		Scope: scanScope(r), ID: r.text(), Number: r.int(), FirstName: r.text(), MiddleName: r.text(), LastName: r.text(),
		BirthDate: r.text(), Gender: r.text(), Email: r.text(), Phone: r.text(), CountryCode: r.text(), TimeZone: r.text(),
		MRN: r.text(), ExternalID: r.text(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func personCounter(year int) string { return fmt.Sprintf("person:%d", year) }

func (t *tx) NextPerson(s care.Scope, year int) (int64, error) {
	seq, err := one(t, "instance", (*row).int, sqlCounterNext, s.Tenant, s.Instance, personCounter(year))
	if err != nil {
		return 0, err
	}
	n := care.PersonNumber(year, seq)
	if !care.ValidPersonNumber(n) || care.PersonYear(n) != year {
		return 0, care.Invalid("number", "the year's numbers are used up")
	}
	return n, nil
}

// raiseCounter moves a counter to at least value.
func (t *tx) raiseCounter(s care.Scope, name string, value int64) error {
	_, err := t.exec(sqlCounterRaise, s.Tenant, s.Instance, name, value)
	return err
}

// createPerson takes a number for a patient or a provider.
func (t *tx) createPerson(s care.Scope, number int64, kind string) error {
	if err := t.raiseCounter(s, personCounter(care.PersonYear(number)), care.PersonSequence(number)); err != nil {
		return err
	}
	_, err := t.exec(sqlPersonInsert, s.Tenant, s.Instance, number, kind)
	return err
}

func (t *tx) CreatePatient(p care.Patient) error {
	if err := t.admit("patient", []string{"instance"}, []string{"id", "number", "mrn", "externalId"},
		sqlPatientAdmit, p.Tenant, p.Instance, p.ID, p.Number, p.MRN, p.ExternalID); err != nil {
		return err
	}
	if err := t.createPerson(p.Scope, p.Number, "patient"); err != nil {
		return err
	}
	if _, err := t.exec(sqlCounterNext, p.Tenant, p.Instance, rosterCounter); err != nil {
		return err
	}
	_, err := t.exec(sqlPatientInsert, p.Tenant, p.Instance, p.ID, p.Number, p.FirstName, p.MiddleName, p.LastName, p.BirthDate, p.Gender,
		p.Email, p.Phone, p.CountryCode, p.TimeZone, p.MRN, p.ExternalID, micros(p.CreatedAt), micros(p.UpdatedAt))
	return err
}

func (t *tx) Patient(s care.Scope, id string) (care.Patient, error) {
	return one(t, "patient", scanPatient, sqlPatient, s.Tenant, s.Instance, id)
}

func (t *tx) PatientByNumber(s care.Scope, number int64) (care.Patient, error) {
	return one(t, "patient", scanPatient, sqlPatientByNumber, s.Tenant, s.Instance, number)
}

func (t *tx) PatientByMRN(s care.Scope, mrn string) (care.Patient, error) {
	return one(t, "patient", scanPatient, sqlPatientByMRN, s.Tenant, s.Instance, mrn)
}

func (t *tx) PatientByExternalID(s care.Scope, id string) (care.Patient, error) {
	return one(t, "patient", scanPatient, sqlPatientByExternalID, s.Tenant, s.Instance, id)
}

func (t *tx) UpdatePatient(p care.Patient) error {
	if err := t.admit("patient", []string{"patient"}, []string{"mrn", "externalId"},
		sqlPatientChangeAdmit, p.Tenant, p.Instance, p.ID, p.MRN, p.ExternalID); err != nil {
		return err
	}
	return t.change("patient", sqlPatientUpdate, p.Tenant, p.Instance, p.ID, p.FirstName, p.MiddleName, p.LastName, p.BirthDate, p.Gender,
		p.Email, p.Phone, p.CountryCode, p.TimeZone, p.MRN, p.ExternalID, micros(p.UpdatedAt))
}

func (t *tx) Patients(s care.Scope, after int64, limit int) ([]care.Patient, error) {
	return all(t, scanPatient, sqlPatients, s.Tenant, s.Instance, after, int64(limit))
}
