package sqlstore

import (
	"math"
	"slices"
	"strings"

	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlRecordingAdmit = `
	SELECT CASE $3
			WHEN 'session' THEN EXISTS (SELECT 1 FROM video_session WHERE tenant = $1 AND instance = $2 AND id = $4)
			WHEN 'call' THEN EXISTS (SELECT 1 FROM voice_call WHERE tenant = $1 AND instance = $2 AND id = $4)
			ELSE FALSE END,
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $5),
		CAST($6 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $6),
		$9 AND EXISTS (SELECT 1 FROM recording WHERE tenant = $1 AND instance = $2 AND id = $7),
		$10 AND EXISTS (SELECT 1 FROM recording
			WHERE tenant = $1 AND instance = $2 AND name = $8 AND name_status = 'held' AND deleted_at IS NULL AND id <> $7)`
	sqlRecordingInsert = `
	INSERT INTO recording (tenant, instance, id, name, name_status, form, ext, owner_kind, owner_id, patient, encounter, content_type,
		size, sha256, blob_key, duration, started_at, consent, withheld_at, withheld_reason, deleted_at, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`
	sqlRecordingUpdate = `
	UPDATE recording SET name = $4, name_status = $5, form = $6, ext = $7, owner_kind = $8, owner_id = $9, patient = $10, encounter = $11,
		content_type = $12, size = $13, sha256 = $14, blob_key = $15, duration = $16, started_at = $17, consent = $18,
		withheld_at = $19, withheld_reason = $20, deleted_at = $21, updated_at = $22
	WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlRecordingOwner = `
	SELECT owner_kind, owner_id FROM recording WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsRecording = `
	SELECT tenant, instance, id, name, name_status, owner_kind, owner_id, patient, encounter, content_type, size, sha256, blob_key,
		duration, started_at, consent, withheld_at, withheld_reason, deleted_at, created_at, updated_at
	FROM recording
	WHERE tenant = $1 AND instance = $2 AND `
	sqlRecording   = colsRecording + `id = $3`
	sqlNameHolder  = colsRecording + `name = $3 AND name_status = 'held' AND deleted_at IS NULL`
	sqlNameWaiters = colsRecording + `form = $3 AND name = $4 AND name_status = 'waiting' AND deleted_at IS NULL
	ORDER BY created_at, id`
	sqlRecordingsOf = colsRecording + `owner_kind = $3 AND owner_id = $4 ORDER BY created_at, id`

	colsAnswering = ` AND name_status <> 'dismissed' AND deleted_at IS NULL AND withheld_at IS NULL AND (consent = 'given' OR consent = 'unknown'
		AND NOT (SELECT unknown_consent_refused FROM instance i WHERE i.tenant = $1 AND i.instance = $2))`
	sqlRecordingsNamed = colsRecording + `form = $3 AND name = $4` + colsAnswering + `
	ORDER BY created_at, id LIMIT $5`
	sqlRecordingsFitting = colsRecording + `form >= $3 AND form <= $4 AND (ext = $5 OR ext = '' OR $5 = '')` + colsAnswering + `
	ORDER BY created_at, id LIMIT $6`
	sqlFormBelow = `
	SELECT form FROM recording WHERE tenant = $1 AND instance = $2 AND form <= $3 AND form >= $4 AND deleted_at IS NULL
	ORDER BY form DESC LIMIT 1`

	colsRecordingFilter = ` AND ($5 = '' OR patient = $5) AND ($6 = '' OR owner_kind = $6 AND owner_id = $7)
	AND ($8 = '' OR name_status = $8) AND ($9 = '' OR consent = $9)
	AND ($10 OR (withheld_at IS NOT NULL) = $11) AND ($12 OR deleted_at IS NULL)
	ORDER BY created_at DESC, id DESC LIMIT $13`
	colsRecordingsBefore  = colsRecording + `(created_at, id) < ($3, $4)`
	sqlRecordings         = colsRecordingsBefore + colsRecordingFilter
	sqlRecordingsPatient  = colsRecordingsBefore + ` AND patient = $5` + colsRecordingFilter
	sqlRecordingsOwner    = colsRecordingsBefore + ` AND owner_kind = $6 AND owner_id = $7` + colsRecordingFilter
	sqlRecordingsWaiting  = colsRecordingsBefore + ` AND name_status = 'waiting' AND deleted_at IS NULL` + colsRecordingFilter
	sqlRecordingsWithheld = colsRecordingsBefore + ` AND withheld_at IS NOT NULL` + colsRecordingFilter
	sqlBlobKeyUsed        = `
	SELECT EXISTS (SELECT 1 FROM recording WHERE blob_key = $1 AND deleted_at IS NULL)
		OR EXISTS (SELECT 1 FROM file WHERE blob_key = $1)`
)

// namedLimit bounds how many recordings one name is answered with.
const namedLimit = 100

func scanRecording(r *row) care.Recording {
	return care.Recording{
		Scope: scanScope(r), ID: r.text(), Name: r.text(), NameStatus: care.NameStatus(r.text()), Owner: scanOwner(r), Patient: r.text(),
		Encounter: r.maybeInt(), ContentType: r.text(), Size: r.int(), SHA256: r.hash(), BlobKey: r.text(), Duration: r.maybeInt(),
		StartedAt: r.maybeTime(), Consent: care.Consent(r.text()), WithheldAt: r.maybeTime(), WithheldReason: r.text(),
		DeletedAt: r.maybeTime(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func scanOwner(r *row) care.Owner { return care.Owner{Kind: care.OwnerKind(r.text()), ID: r.text()} }

// invertedForm is a name's stem and its folders, the nearest first, each ended
// by a slash. What one of two names that fit has more of then comes last: their
// folders fit exactly when one's inverted form begins the other's.
func invertedForm(f care.NameForm) string {
	form := f.Stem + "/"
	if f.Dir == "" {
		return form
	}
	folders := strings.Split(f.Dir, "/")
	slices.Reverse(folders)
	return form + strings.Join(folders, "/") + "/"
}

func holdsName(r care.Recording) bool { return r.NameStatus == care.NameHeld && r.DeletedAt == nil }

// admitRecording says whether r may be written, as a new one or over itself.
func (t *tx) admitRecording(r care.Recording, isNew bool) error {
	owner := map[care.OwnerKind]string{care.OwnerSession: "session", care.OwnerCall: "voice_call"}[r.Owner.Kind]
	return t.admit("recording", []string{owner, "patient", "encounter"}, []string{"id", "name"},
		sqlRecordingAdmit, r.Tenant, r.Instance, string(r.Owner.Kind), r.Owner.ID, r.Patient, maybeInt(r.Encounter), r.ID, r.Name,
		isNew, holdsName(r))
}

func (t *tx) CreateRecording(r care.Recording) error {
	if err := t.admitRecording(r, true); err != nil {
		return err
	}
	f := care.FormOf(r.Name)
	if _, err := t.exec(sqlRecordingInsert, r.Tenant, r.Instance, r.ID, r.Name, string(r.NameStatus), invertedForm(f), f.Ext,
		string(r.Owner.Kind), r.Owner.ID, r.Patient, maybeInt(r.Encounter), r.ContentType, r.Size, r.SHA256[:], r.BlobKey,
		maybeInt(r.Duration), maybeMicros(r.StartedAt), string(r.Consent), maybeMicros(r.WithheldAt), r.WithheldReason,
		maybeMicros(r.DeletedAt), micros(r.CreatedAt), micros(r.UpdatedAt)); err != nil {
		return err
	}
	return t.ownerChanged(r.Scope, r.Owner)
}

// ownerChanged follows a change in what an owner's recordings amount to.
func (t *tx) ownerChanged(s care.Scope, o care.Owner) error {
	if o.Kind != care.OwnerCall {
		return nil
	}
	return t.refreshMedia(s, o.ID)
}

func (t *tx) Recording(s care.Scope, id string) (care.Recording, error) {
	return one(t, "recording", scanRecording, sqlRecording, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateRecording(r care.Recording) error {
	was, err := one(t, "recording", scanOwner, sqlRecordingOwner, r.Tenant, r.Instance, r.ID)
	if err != nil {
		return err
	}
	if err := t.admitRecording(r, false); err != nil {
		return err
	}
	f := care.FormOf(r.Name)
	if err := t.change("recording", sqlRecordingUpdate, r.Tenant, r.Instance, r.ID, r.Name, string(r.NameStatus), invertedForm(f), f.Ext,
		string(r.Owner.Kind), r.Owner.ID, r.Patient, maybeInt(r.Encounter), r.ContentType, r.Size, r.SHA256[:], r.BlobKey,
		maybeInt(r.Duration), maybeMicros(r.StartedAt), string(r.Consent), maybeMicros(r.WithheldAt), r.WithheldReason,
		maybeMicros(r.DeletedAt), micros(r.UpdatedAt)); err != nil {
		return err
	}
	if was != r.Owner {
		if err := t.ownerChanged(r.Scope, was); err != nil {
			return err
		}
	}
	return t.ownerChanged(r.Scope, r.Owner)
}

func (t *tx) RecordingsOf(s care.Scope, o care.Owner) ([]care.Recording, error) {
	return all(t, scanRecording, sqlRecordingsOf, s.Tenant, s.Instance, string(o.Kind), o.ID)
}

func (t *tx) NameHolder(s care.Scope, name string) (care.Recording, error) {
	return one(t, "recording", scanRecording, sqlNameHolder, s.Tenant, s.Instance, name)
}

func (t *tx) NameWaiters(s care.Scope, name string) ([]care.Recording, error) {
	return all(t, scanRecording, sqlNameWaiters, s.Tenant, s.Instance, invertedForm(care.FormOf(name)), name)
}

func (t *tx) Recordings(s care.Scope, f care.RecordingFilter, before *store.RecordingKey, limit int) ([]care.Recording, error) {
	at, id := int64(math.MaxInt64), lastID
	if before != nil {
		at, id = micros(before.CreatedAt), before.ID
	}
	withheld := f.Withheld != nil && *f.Withheld
	sql := sqlRecordings
	switch {
	case f.Owner != care.Owner{}:
		sql = sqlRecordingsOwner
	case f.Patient != "":
		sql = sqlRecordingsPatient
	case f.NameStatus == care.NameWaiting && !f.IncludeDeleted:
		sql = sqlRecordingsWaiting
	case withheld:
		sql = sqlRecordingsWithheld
	}
	return all(t, scanRecording, sql, s.Tenant, s.Instance, at, id, f.Patient, string(f.Owner.Kind), f.Owner.ID,
		string(f.NameStatus), string(f.Consent), f.Withheld == nil, withheld, f.IncludeDeleted, int64(limit))
}

func (t *tx) BlobKeyUsed(key string) (bool, error) {
	return one(t, "recording", (*row).bool, sqlBlobKeyUsed, key)
}
