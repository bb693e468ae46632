package sqlstore

import "chartline/internal/care"

const (
	// Keys are made of ids that no two rows share.
	sqlStoredObjects = `
	SELECT tenant, instance, 'recording' AS noun, id, blob_key, size, sha256 FROM recording WHERE blob_key > $1 AND deleted_at IS NULL
	UNION ALL
	SELECT tenant, instance, 'file' AS noun, id, blob_key, size, sha256 FROM file WHERE blob_key > $1
	ORDER BY blob_key LIMIT $2`

	colsDamagedObject = `
	SELECT tenant, instance, noun, id, blob_key, reason, found_at FROM damaged_object WHERE `
	sqlDamagedObject    = colsDamagedObject + `blob_key = $1`
	sqlDamagedObjects   = colsDamagedObject + `blob_key > $1 ORDER BY blob_key LIMIT $2`
	sqlDamagedObjectPut = `
	INSERT INTO damaged_object (tenant, instance, noun, id, blob_key, reason, found_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (blob_key) DO UPDATE SET tenant = excluded.tenant, instance = excluded.instance, noun = excluded.noun, id = excluded.id,
		reason = excluded.reason, found_at = excluded.found_at`
	sqlDamagedObjectDelete = `
	DELETE FROM damaged_object WHERE blob_key = $1`

	colsAdoptedObject = `
	SELECT tenant, instance, blob_key, place, name, version FROM adopted_object WHERE `
	sqlAdoptedObject      = colsAdoptedObject + `blob_key = $1`
	sqlAdoptedByName      = colsAdoptedObject + `tenant = $1 AND instance = $2 AND place = $3 AND name = $4`
	sqlAdoptedObjectAdmit = `
	SELECT EXISTS (SELECT 1 FROM adopted_object WHERE blob_key = $5),
		EXISTS (SELECT 1 FROM adopted_object WHERE tenant = $1 AND instance = $2 AND place = $3 AND name = $4)`
	sqlAdoptedObjectInsert = `
	INSERT INTO adopted_object (tenant, instance, place, name, blob_key, version) VALUES ($1, $2, $3, $4, $5, $6)`
	sqlAdoptedObjectDelete = `
	DELETE FROM adopted_object WHERE blob_key = $1`

	sqlScrubPlace = `
	SELECT after_key, began_at, reached_at, objects, bytes FROM scrub_place WHERE id = 1`
	sqlScrubPlacePut = `
	INSERT INTO scrub_place (id, after_key, began_at, reached_at, objects, bytes) VALUES (1, $1, $2, $3, $4, $5)
	ON CONFLICT (id) DO UPDATE SET after_key = excluded.after_key, began_at = excluded.began_at, reached_at = excluded.reached_at,
		objects = excluded.objects, bytes = excluded.bytes`
)

func scanStoredObject(r *row) care.StoredObject {
	return care.StoredObject{Scope: scanScope(r), Noun: r.text(), ID: r.text(), Key: r.text(), Size: r.int(), SHA256: r.hash()}
}

func (t *tx) StoredObjects(after string, limit int) ([]care.StoredObject, error) {
	return all(t, scanStoredObject, sqlStoredObjects, after, int64(limit))
}

// ReplaceObject also makes the row the last of its table, where who follows the
// database looks for what is new.
func (t *tx) ReplaceObject(o care.StoredObject, key string) error {
	table, used := "recording", " AND deleted_at IS NULL"
	if o.Noun == "file" {
		table, used = "file", ""
	}
	last := ""
	if t.store.dialect.Last != nil {
		last = t.store.dialect.Last(table)
	}
	return t.change(o.Noun, "UPDATE "+table+" SET blob_key = $5"+last+" WHERE tenant = $1 AND instance = $2 AND id = $3 AND blob_key = $4"+used,
		o.Tenant, o.Instance, o.ID, o.Key, key)
}

func scanDamagedObject(r *row) care.DamagedObject {
	return care.DamagedObject{Scope: scanScope(r), Noun: r.text(), ID: r.text(), Key: r.text(), Damage: care.Damage(r.text()), FoundAt: r.time()}
}

func (t *tx) DamagedObject(key string) (care.DamagedObject, error) {
	return one(t, "damaged_object", scanDamagedObject, sqlDamagedObject, key)
}

func (t *tx) DamagedObjects(after string, limit int) ([]care.DamagedObject, error) {
	return all(t, scanDamagedObject, sqlDamagedObjects, after, int64(limit))
}

func (t *tx) PutDamagedObject(o care.DamagedObject) error {
	_, err := t.exec(sqlDamagedObjectPut, o.Tenant, o.Instance, o.Noun, o.ID, o.Key, string(o.Damage), micros(o.FoundAt))
	return err
}

func (t *tx) DeleteDamagedObject(key string) error {
	_, err := t.exec(sqlDamagedObjectDelete, key)
	return err
}

func scanAdoptedObject(r *row) care.AdoptedObject {
	return care.AdoptedObject{Scope: scanScope(r), Key: r.text(), Place: r.text(), Name: r.text(), Version: r.text()}
}

func (t *tx) CreateAdoptedObject(o care.AdoptedObject) error {
	if err := t.admit("adopted_object", nil, []string{"key", "name"}, sqlAdoptedObjectAdmit, o.Tenant, o.Instance, o.Place, o.Name, o.Key); err != nil {
		return err
	}
	_, err := t.exec(sqlAdoptedObjectInsert, o.Tenant, o.Instance, o.Place, o.Name, o.Key, o.Version)
	return err
}

func (t *tx) AdoptedObject(key string) (care.AdoptedObject, error) {
	return one(t, "adopted_object", scanAdoptedObject, sqlAdoptedObject, key)
}

func (t *tx) AdoptedByName(s care.Scope, place, name string) (care.AdoptedObject, error) {
	return one(t, "adopted_object", scanAdoptedObject, sqlAdoptedByName, s.Tenant, s.Instance, place, name)
}

func (t *tx) DeleteAdoptedObject(key string) error {
	_, err := t.exec(sqlAdoptedObjectDelete, key)
	return err
}

func (t *tx) ScrubPlace() (care.ScrubPlace, error) {
	scan := func(r *row) care.ScrubPlace {
		return care.ScrubPlace{After: r.text(), BeganAt: r.time(), ReachedAt: r.time(), Objects: r.int(), Bytes: r.int()}
	}
	return one(t, "scrub", scan, sqlScrubPlace)
}

func (t *tx) SetScrubPlace(p care.ScrubPlace) error {
	_, err := t.exec(sqlScrubPlacePut, p.After, micros(p.BeganAt), micros(p.ReachedAt), p.Objects, p.Bytes)
	return err
}
