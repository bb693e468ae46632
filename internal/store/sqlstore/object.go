package sqlstore

import "chartline/internal/care"

// Keys are made of ids that no two rows share.
const sqlStoredObjects = `
	SELECT tenant, instance, 'recording' AS noun, id, blob_key, size, sha256 FROM recording WHERE blob_key > $1 AND deleted_at IS NULL
	UNION ALL
	SELECT tenant, instance, 'file' AS noun, id, blob_key, size, sha256 FROM file WHERE blob_key > $1
	ORDER BY blob_key LIMIT $2`

func scanStoredObject(r *row) care.StoredObject {
	return care.StoredObject{Scope: scanScope(r), Noun: r.text(), ID: r.text(), Key: r.text(), Size: r.int(), SHA256: r.hash()}
}

func (t *tx) StoredObjects(after string, limit int) ([]care.StoredObject, error) {
	return all(t, scanStoredObject, sqlStoredObjects, after, int64(limit))
}
