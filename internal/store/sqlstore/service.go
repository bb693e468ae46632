package sqlstore

import "chartline/internal/care"

const serviceCounter = "service"

const (
	sqlServiceAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM service WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM service WHERE tenant = $1 AND instance = $2 AND name = $4)`
	sqlServiceInsert = `
	INSERT INTO service (tenant, instance, id, name, minutes, buffer_minutes, retired, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	sqlServiceChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM service WHERE tenant = $1 AND instance = $2 AND name = $4 AND id <> $3)`
	sqlServiceUpdate = `
	UPDATE service SET name = $4, minutes = $5, buffer_minutes = $6, retired = $7, updated_at = $8
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsService = `
	SELECT tenant, instance, id, name, minutes, buffer_minutes, retired, created_at, updated_at FROM service`
	sqlService       = colsService + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlServiceByName = colsService + ` WHERE tenant = $1 AND instance = $2 AND name = $3`
	sqlServices      = colsService + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`

	sqlAssignmentAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND number = $4),
		EXISTS (SELECT 1 FROM service WHERE tenant = $1 AND instance = $2 AND id = $5),
		CAST($6 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $6),
		EXISTS (SELECT 1 FROM assignment WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlAssignmentInsert = `
	INSERT INTO assignment (tenant, instance, id, patient, service, provider, start_date, end_date, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	sqlAssignmentUpdate = `
	UPDATE assignment SET start_date = $4, end_date = $5, updated_at = $6
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsAssignment = `
	SELECT tenant, instance, id, patient, service, provider, start_date, end_date, created_at, updated_at FROM assignment`
	sqlAssignment  = colsAssignment + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlAssignments = colsAssignment + ` WHERE tenant = $1 AND instance = $2 AND patient = $3 ORDER BY start_date, id`
)

func scanService(r *row) care.Service {
	return care.Service{
		Scope: scanScope(r), ID: r.int(), Name: r.text(), Minutes: r.int(), BufferMinutes: r.int(), Retired: r.bool(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func scanAssignment(r *row) care.Assignment {
	return care.Assignment{
		Scope: scanScope(r), ID: r.text(), Patient: r.int(), Service: r.int(), Provider: r.maybeInt(), StartDate: r.text(), EndDate: r.text(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) NextService(s care.Scope) (int64, error) {
	return one(t, "instance", (*row).int, sqlCounterNext, s.Tenant, s.Instance, serviceCounter)
}

func (t *tx) CreateService(v care.Service) error {
	if err := t.admit("service", []string{"instance"}, []string{"id", "name"}, sqlServiceAdmit, v.Tenant, v.Instance, v.ID, v.Name); err != nil {
		return err
	}
	if err := t.raiseCounter(v.Scope, serviceCounter, v.ID); err != nil {
		return err
	}
	_, err := t.exec(sqlServiceInsert, v.Tenant, v.Instance, v.ID, v.Name, v.Minutes, v.BufferMinutes, v.Retired, micros(v.CreatedAt), micros(v.UpdatedAt))
	return err
}

func (t *tx) Service(s care.Scope, id int64) (care.Service, error) {
	return one(t, "service", scanService, sqlService, s.Tenant, s.Instance, id)
}

func (t *tx) ServiceByName(s care.Scope, name string) (care.Service, error) {
	return one(t, "service", scanService, sqlServiceByName, s.Tenant, s.Instance, name)
}

func (t *tx) UpdateService(v care.Service) error {
	if err := t.admit("service", nil, []string{"name"}, sqlServiceChangeAdmit, v.Tenant, v.Instance, v.ID, v.Name); err != nil {
		return err
	}
	return t.change("service", sqlServiceUpdate, v.Tenant, v.Instance, v.ID, v.Name, v.Minutes, v.BufferMinutes, v.Retired, micros(v.UpdatedAt))
}

func (t *tx) Services(s care.Scope, after int64, limit int) ([]care.Service, error) {
	return all(t, scanService, sqlServices, s.Tenant, s.Instance, after, int64(limit))
}

func (t *tx) CreateAssignment(v care.Assignment) error {
	if err := t.admit("assignment", []string{"patient", "service", "provider"}, []string{"id"},
		sqlAssignmentAdmit, v.Tenant, v.Instance, v.ID, v.Patient, v.Service, maybeInt(v.Provider)); err != nil {
		return err
	}
	_, err := t.exec(sqlAssignmentInsert, v.Tenant, v.Instance, v.ID, v.Patient, v.Service, maybeInt(v.Provider), v.StartDate, v.EndDate,
		micros(v.CreatedAt), micros(v.UpdatedAt))
	return err
}

func (t *tx) Assignment(s care.Scope, id string) (care.Assignment, error) {
	return one(t, "assignment", scanAssignment, sqlAssignment, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateAssignment(v care.Assignment) error {
	return t.change("assignment", sqlAssignmentUpdate, v.Tenant, v.Instance, v.ID, v.StartDate, v.EndDate, micros(v.UpdatedAt))
}

func (t *tx) Assignments(s care.Scope, patient int64) ([]care.Assignment, error) {
	return all(t, scanAssignment, sqlAssignments, s.Tenant, s.Instance, patient)
}
