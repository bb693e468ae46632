package sqlstore

import "chartline/internal/care"

const (
	sqlPracticeAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM practice WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM practice WHERE tenant = $1 AND customer_code = $3)`
	sqlPracticeInsert = `
	INSERT INTO practice (tenant, instance, customer_code, signup_hash, languages, hours, notice_minutes, horizon_days, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	sqlPracticeChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM practice WHERE tenant = $1 AND customer_code = $3 AND instance <> $2)`
	sqlPracticeUpdate = `
	UPDATE practice SET customer_code = $3, signup_hash = $4, languages = $5, hours = $6, notice_minutes = $7, horizon_days = $8, updated_at = $9
	WHERE tenant = $1 AND instance = $2`

	colsPractice = `
	SELECT tenant, instance, customer_code, signup_hash, languages, hours, notice_minutes, horizon_days, created_at, updated_at FROM practice`
	sqlPractice       = colsPractice + ` WHERE tenant = $1 AND instance = $2`
	sqlPracticeByCode = colsPractice + ` WHERE tenant = $1 AND customer_code = $2`
)

func scanPractice(r *row) care.Practice {
	return care.Practice{
		Scope: scanScope(r), CustomerCode: r.text(), SignupHash: r.bytes(), Languages: listOf[string](r), Hours: r.week(),
		NoticeMinutes: r.int(), HorizonDays: r.int(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

// week reads working hours.
func (r *row) week() care.Week {
	w, err := care.ParseWeek(r.text())
	if err != nil {
		r.fail(err)
	}
	return w
}

func (t *tx) CreatePractice(p care.Practice) error {
	if err := t.admit("practice", []string{"instance"}, []string{"instance", "customerCode"},
		sqlPracticeAdmit, p.Tenant, p.Instance, p.CustomerCode); err != nil {
		return err
	}
	languages, err := listText(p.Languages)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlPracticeInsert, p.Tenant, p.Instance, p.CustomerCode, blob(p.SignupHash), languages, p.Hours.String(),
		p.NoticeMinutes, p.HorizonDays, micros(p.CreatedAt), micros(p.UpdatedAt))
	return err
}

func (t *tx) Practice(s care.Scope) (care.Practice, error) {
	return one(t, "practice", scanPractice, sqlPractice, s.Tenant, s.Instance)
}

func (t *tx) PracticeByCode(tenant, customerCode string) (care.Practice, error) {
	return one(t, "practice", scanPractice, sqlPracticeByCode, tenant, customerCode)
}

func (t *tx) UpdatePractice(p care.Practice) error {
	if err := t.admit("practice", nil, []string{"customerCode"}, sqlPracticeChangeAdmit, p.Tenant, p.Instance, p.CustomerCode); err != nil {
		return err
	}
	languages, err := listText(p.Languages)
	if err != nil {
		return err
	}
	return t.change("practice", sqlPracticeUpdate, p.Tenant, p.Instance, p.CustomerCode, blob(p.SignupHash), languages, p.Hours.String(),
		p.NoticeMinutes, p.HorizonDays, micros(p.UpdatedAt))
}
