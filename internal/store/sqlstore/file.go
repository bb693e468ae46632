package sqlstore

import (
	"time"

	"chartline/internal/care"
)

const (
	sqlFileAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		CAST($4 AS text) IS NULL OR EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		$5 AND EXISTS (SELECT 1 FROM file WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlFileInsert = `
	INSERT INTO file (tenant, instance, id, name, content_type, size, sha256, blob_key, uploader, patient, cited_at, created_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	sqlFileUpdate = `
	UPDATE file SET name = $4, content_type = $5, size = $6, sha256 = $7, blob_key = $8, uploader = $9, patient = $10, cited_at = $11
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsFile = `
	SELECT tenant, instance, id, name, content_type, size, sha256, blob_key, uploader, patient, cited_at, created_at FROM file`
	sqlFile         = colsFile + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlFilesOld     = colsFile + ` WHERE patient IS NULL AND created_at < $1 ORDER BY created_at, tenant, instance, id LIMIT $2`
	sqlFilesUncited = `
	SELECT count(*), CAST(COALESCE(sum(size), 0) AS bigint) FROM file
	WHERE tenant = $1 AND instance = $2 AND uploader = $3 AND patient IS NULL`
	sqlFileDelete = `
	DELETE FROM file WHERE tenant = $1 AND instance = $2 AND id = $3 AND patient IS NULL`
)

func scanFile(r *row) care.File {
	return care.File{
		Scope: scanScope(r), ID: r.text(), Name: r.text(), ContentType: r.text(), Size: r.int(), SHA256: r.hash(), BlobKey: r.text(),
		Uploader: r.text(), Patient: r.text(), CitedAt: r.maybeTime(), CreatedAt: r.time(),
	}
}

func (t *tx) admitFile(f care.File, isNew bool) error {
	return t.admit("file", []string{"instance", "patient"}, []string{"id"}, sqlFileAdmit, f.Tenant, f.Instance, f.ID, maybeText(f.Patient), isNew)
}

func (t *tx) CreateFile(f care.File) error {
	if err := t.admitFile(f, true); err != nil {
		return err
	}
	_, err := t.exec(sqlFileInsert, f.Tenant, f.Instance, f.ID, f.Name, f.ContentType, f.Size, f.SHA256[:], f.BlobKey, f.Uploader,
		maybeText(f.Patient), maybeMicros(f.CitedAt), micros(f.CreatedAt))
	return err
}

func (t *tx) File(s care.Scope, id string) (care.File, error) {
	return one(t, "file", scanFile, sqlFile, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateFile(f care.File) error {
	if err := t.admitFile(f, false); err != nil {
		return err
	}
	return t.change("file", sqlFileUpdate, f.Tenant, f.Instance, f.ID, f.Name, f.ContentType, f.Size, f.SHA256[:], f.BlobKey, f.Uploader,
		maybeText(f.Patient), maybeMicros(f.CitedAt))
}

func (t *tx) UncitedFiles(s care.Scope, uploader string) (files, bytes int64, err error) {
	sum, err := one(t, "file", func(r *row) [2]int64 { return [2]int64{r.int(), r.int()} }, sqlFilesUncited, s.Tenant, s.Instance, uploader)
	return sum[0], sum[1], err
}

func (t *tx) UncitedBefore(before time.Time, limit int) ([]care.File, error) {
	return all(t, scanFile, sqlFilesOld, micros(before), int64(limit))
}

func (t *tx) DeleteFile(s care.Scope, id string) error {
	return t.change("file", sqlFileDelete, s.Tenant, s.Instance, id)
}
