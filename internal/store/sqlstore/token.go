package sqlstore

import (
	"time"

	"chartline/internal/care"
)

// #nosec G101 -- statements about tokens hold none
const (
	sqlTokenAdmit = `
	SELECT EXISTS (SELECT 1 FROM client WHERE name = $1 AND tenant = $2)`
	sqlTokenInsert = `
	INSERT INTO token (hash, tenant, client, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	sqlToken = `
	SELECT hash, tenant, client, issued_at, expires_at FROM token WHERE hash = $1`
	sqlTokensIssued = `
	SELECT count(*), COALESCE(min(issued_at), 0) FROM token WHERE client = $1 AND issued_at >= $2`
	sqlTokensDelete = `
	DELETE FROM token WHERE client = $1`
	sqlTokensExpiredDelete = `
	DELETE FROM token WHERE hash IN (SELECT hash FROM token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`

	sqlAttemptCount = `
	INSERT INTO attempt (key, began_at, attempts) VALUES ($1, $3, 1)
	ON CONFLICT (key) DO UPDATE SET
		attempts = CASE WHEN attempt.began_at >= $2 THEN attempt.attempts + 1 ELSE 1 END,
		began_at = CASE WHEN attempt.began_at >= $2 THEN attempt.began_at ELSE excluded.began_at END
	RETURNING attempts, began_at`
	sqlAttempts = `
	SELECT attempts, began_at FROM attempt WHERE key = $1 AND began_at >= $2`
	sqlAttemptUncount = `
	UPDATE attempt SET attempts = attempts - 1 WHERE key = $1 AND attempts > 0`
	sqlAttemptsDelete = `
	DELETE FROM attempt WHERE key IN (SELECT key FROM attempt WHERE began_at < $1 ORDER BY began_at LIMIT $2)`
)

// tally is a count and the time of the first that it counts.
type tally struct {
	n     int
	since time.Time
}

func scanTally(r *row) tally { return tally{int(r.int()), r.time()} }

// of returns what a tally says, without a time where it counts nothing.
func (v tally) of(err error) (int, time.Time, error) {
	if care.IsNotFound(err) {
		err = nil
	}
	if err != nil || v.n == 0 {
		return 0, time.Time{}, err
	}
	return v.n, v.since, nil
}

func scanToken(r *row) care.Token {
	return care.Token{Hash: r.hash(), Tenant: r.text(), Client: r.text(), IssuedAt: r.time(), ExpiresAt: r.time()}
}

func (t *tx) CreateToken(v care.Token) error {
	if err := t.admit("token", []string{"client"}, nil, sqlTokenAdmit, v.Client, v.Tenant); err != nil {
		return err
	}
	return t.insert("token", "hash", sqlTokenInsert, v.Hash[:], v.Tenant, v.Client, micros(v.IssuedAt), micros(v.ExpiresAt))
}

func (t *tx) Token(hash [32]byte) (care.Token, error) {
	return one(t, "token", scanToken, sqlToken, hash[:])
}

func (t *tx) TokensIssued(client string, since time.Time) (int, time.Time, error) {
	v, err := one(t, "token", scanTally, sqlTokensIssued, client, micros(since))
	return v.of(err)
}

func (t *tx) DeleteTokens(client string) error {
	_, err := t.exec(sqlTokensDelete, client)
	return err
}

func (t *tx) DeleteExpiredTokens(end time.Time, limit int) (int, error) {
	n, err := t.exec(sqlTokensExpiredDelete, micros(end), int64(limit))
	return int(n), err
}

func (t *tx) CountAttempt(key string, windowStart, now time.Time) (int, time.Time, error) {
	v, err := one(t, "attempt", scanTally, sqlAttemptCount, key, micros(windowStart), micros(now))
	return v.of(err)
}

func (t *tx) Attempts(key string, windowStart time.Time) (int, time.Time, error) {
	v, err := one(t, "attempt", scanTally, sqlAttempts, key, micros(windowStart))
	return v.of(err)
}

func (t *tx) UncountAttempt(key string) error {
	_, err := t.exec(sqlAttemptUncount, key)
	return err
}

func (t *tx) DeleteAttempts(before time.Time, limit int) (int, error) {
	n, err := t.exec(sqlAttemptsDelete, micros(before), int64(limit))
	return int(n), err
}
