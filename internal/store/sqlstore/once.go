package sqlstore

import (
	"time"

	"chartline/internal/care"
)

const (
	sqlDone = `
	SELECT fingerprint, result FROM done WHERE tenant = $1 AND instance = $2 AND actor = $3 AND key = $4`
	sqlDoneInsert = `
	INSERT INTO done (tenant, instance, actor, key, fingerprint, result, done_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT DO NOTHING`
	sqlDoneDelete = `
	DELETE FROM done WHERE (tenant, instance, actor, key) IN
		(SELECT tenant, instance, actor, key FROM done WHERE done_at < $1 ORDER BY done_at LIMIT $2)`
)

type done struct {
	fingerprint string
	result      []byte
}

func scanDone(r *row) done { return done{r.text(), r.bytes()} }

func (t *tx) Done(s care.Scope, actor, key string) (string, []byte, error) {
	d, err := one(t, "idempotency_key", scanDone, sqlDone, s.Tenant, s.Instance, actor, key)
	return d.fingerprint, d.result, err
}

func (t *tx) SetDone(s care.Scope, actor, key, fingerprint string, result []byte, at time.Time) error {
	return t.insert("idempotency_key", "key", sqlDoneInsert, s.Tenant, s.Instance, actor, key, fingerprint, blob(result), micros(at))
}

func (t *tx) DeleteDone(before time.Time, limit int) (int, error) {
	n, err := t.exec(sqlDoneDelete, micros(before), int64(limit))
	return int(n), err
}
