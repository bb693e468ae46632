package storetest

import (
	"bytes"
	"fmt"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func (c clinic) instanceKey(version int) care.InstanceKey {
	return care.InstanceKey{
		Scope: c.Scope, Version: int64(version), Master: "master of " + c.mark, Wrapped: fmt.Appendf(nil, "%s wrapped %d", c.mark, version), CreatedAt: epoch,
	}
}

func (c clinic) dataKey(n int, by care.InstanceKey) care.DataKey {
	return care.DataKey{
		Scope: c.Scope, Object: fmt.Sprintf("%s/%06d", c.label, n), ID: uid(c.label+" data key", n), Version: by.Version,
		Wrapped: fmt.Appendf(nil, "%s data %d", c.mark, n), CreatedAt: at(n),
	}
}

func (c clinic) shredded(n int) care.ShreddedKey {
	return care.ShreddedKey{Scope: c.Scope, ID: uid(c.label+" shredded", n), ShreddedAt: at(n)}
}

func sealMethods() []method {
	return []method{
		{"CreateInstanceKey", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.InstanceKey.Scope, k.InstanceKey.Master = s, "taken over"
			return none(tx.CreateInstanceKey(k.InstanceKey))
		}},
		{"InstanceKey", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.InstanceKey(s, k.InstanceKey.Version)
		}},
		{"NewestInstanceKey", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.NewestInstanceKey(s) }},
		{"InstanceKeys", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.InstanceKeys(nil, 100) }},
		{"RewrapInstanceKey", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			was := k.InstanceKey.Wrapped
			k.InstanceKey.Scope, k.InstanceKey.Master, k.InstanceKey.Wrapped = s, "taken over", []byte("taken over")
			return none(tx.RewrapInstanceKey(k.InstanceKey, was))
		}},
		{"DeleteInstanceKey", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteInstanceKey(s, k.InstanceKey.Version))
		}},
		{"CreateDataKey", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.DataKey.Scope, k.DataKey.Wrapped = s, []byte("taken over")
			return none(tx.CreateDataKey(k.DataKey))
		}},
		{"DataKey", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.DataKey(s, k.DataKey.Object) }},
		{"DataKeys", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.DataKeys(s, "", 100) }},
		{"DataKeysBelow", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.DataKeysBelow(s, k.InstanceKey.Version+1, 100)
		}},
		{"RewrapDataKey", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			was := k.DataKey.Wrapped
			k.DataKey.Scope, k.DataKey.Wrapped = s, []byte("taken over")
			return none(tx.RewrapDataKey(k.DataKey, was))
		}},
		{"ShredDataKey", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.ShredDataKey(s, k.DataKey.Object, at(9)))
		}},
		{"Shred", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Shred(care.ShreddedKey{Scope: s, ID: k.DataKey.ID, ShreddedAt: at(9)})
		}},
		{"ShreddedKeys", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.ShreddedKeys(s, "", 100) }},
	}
}

// sealed is a clinic with an instance key and three data keys.
func sealed(t *testing.T, s store.Store, tenant string) (clinic, care.InstanceKey, []care.DataKey) {
	t.Helper()
	c := openClinic(t, s, tenant, "live")
	by := c.instanceKey(1)
	keys := []care.DataKey{c.dataKey(1, by), c.dataKey(2, by), c.dataKey(3, by)}
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreateInstanceKey(by); err != nil {
			return err
		}
		return each(keys, tx.CreateDataKey)
	})
	return c, by, keys
}

func sealTests() []test {
	return []test{
		{"Keys come back as they went in, also those of no instance", func(t *testing.T, s store.Store) {
			for _, c := range []clinic{clinicOf("acme-health", "live"), {Scope: care.Scope{}, label: "own", mark: "own"}} {
				by := c.instanceKey(3)
				key := c.dataKey(7, by)
				update(t, s, func(tx store.Tx) error {
					return all(func() error { return tx.CreateInstanceKey(by) }, func() error { return tx.CreateDataKey(key) })
				})
				equal(t, get(t, s, func(tx store.Tx) (care.InstanceKey, error) { return tx.InstanceKey(c.Scope, 3) }), by)
				equal(t, get(t, s, func(tx store.Tx) (care.DataKey, error) { return tx.DataKey(c.Scope, key.Object) }), key)
			}
		}},
		{"The newest version is the highest", func(t *testing.T, s store.Store) {
			c, _, _ := sealed(t, s, "acme-health")
			for _, v := range []int{10, 9} {
				update(t, s, func(tx store.Tx) error { return tx.CreateInstanceKey(c.instanceKey(v)) })
			}
			equal(t, get(t, s, func(tx store.Tx) (care.InstanceKey, error) { return tx.NewestInstanceKey(c.Scope) }), c.instanceKey(10))
			refused(t, s, care.KindConflict, func(tx store.Tx) error { return tx.CreateInstanceKey(c.instanceKey(10)) })
			refused(t, s, care.KindNotFound, func(tx store.Tx) error {
				_, err := tx.NewestInstanceKey(care.Scope{Tenant: "acme-health", Instance: "other"})
				return err
			})
		}},
		{"A data key hangs on a version that is there, and keeps it there", func(t *testing.T, s store.Store) {
			c, by, keys := sealed(t, s, "acme-health")
			refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.CreateDataKey(c.dataKey(9, c.instanceKey(2))) })
			refused(t, s, care.KindConflict, func(tx store.Tx) error { return tx.DeleteInstanceKey(c.Scope, by.Version) })
			refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.DeleteInstanceKey(c.Scope, 2) })
			sameID, sameObject := c.dataKey(9, by), c.dataKey(9, by)
			sameID.ID, sameObject.Object = keys[0].ID, keys[0].Object
			for _, k := range []care.DataKey{keys[0], sameID, sameObject} {
				refused(t, s, care.KindConflict, func(tx store.Tx) error { return tx.CreateDataKey(k) })
			}
			update(t, s, func(tx store.Tx) error {
				if err := each(keys, func(k care.DataKey) error { return tx.ShredDataKey(c.Scope, k.Object, at(9)) }); err != nil {
					return err
				}
				return tx.DeleteInstanceKey(c.Scope, by.Version)
			})
		}},
		{"A key is wrapped again only where it still is as it was", rewraps},
		{"A shredded key is gone and listed, and stays gone", shreds},
		{"Lists of keys go on after the last", func(t *testing.T, s store.Store) {
			c, by, keys := sealed(t, s, "acme-health")
			_, other, _ := sealed(t, s, "birch-clinic")
			view(t, s, func(tx store.Tx) error {
				second, err := tx.DataKeys(c.Scope, keys[0].Object, 1)
				equal(t, second, keys[1:2])
				if err != nil {
					return err
				}
				first, err := tx.InstanceKeys(nil, 1)
				equal(t, first, []care.InstanceKey{by})
				if err != nil {
					return err
				}
				rest, err := tx.InstanceKeys(&by, 9)
				equal(t, rest, []care.InstanceKey{other})
				return err
			})
		}},
	}
}

func rewraps(t *testing.T, s store.Store) {
	c, by, keys := sealed(t, s, "acme-health")
	next := c.instanceKey(2)
	update(t, s, func(tx store.Tx) error { return tx.CreateInstanceKey(next) })
	moved := keys[0]
	moved.Version, moved.Wrapped = 2, []byte("wrapped by 2")
	update(t, s, func(tx store.Tx) error { return tx.RewrapDataKey(moved, keys[0].Wrapped) })
	equal(t, get(t, s, func(tx store.Tx) (care.DataKey, error) { return tx.DataKey(c.Scope, moved.Object) }), moved)
	refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.RewrapDataKey(moved, keys[0].Wrapped) })
	below := get(t, s, func(tx store.Tx) ([]care.DataKey, error) { return tx.DataKeysBelow(c.Scope, 2, 9) })
	if len(below) != 2 {
		t.Errorf("%d keys below version 2, want 2", len(below))
	}
	was := by.Wrapped
	by.Master, by.Wrapped = "another", []byte("wrapped by another")
	update(t, s, func(tx store.Tx) error { return tx.RewrapInstanceKey(by, was) })
	equal(t, get(t, s, func(tx store.Tx) (care.InstanceKey, error) { return tx.InstanceKey(c.Scope, 1) }), by)
	refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.RewrapInstanceKey(by, was) })
}

func shreds(t *testing.T, s store.Store) {
	c, _, keys := sealed(t, s, "acme-health")
	update(t, s, func(tx store.Tx) error { return tx.ShredDataKey(c.Scope, keys[0].Object, at(5)) })
	for _, read := range []func(store.Tx) error{
		func(tx store.Tx) error { _, err := tx.DataKey(c.Scope, keys[0].Object); return err },
		func(tx store.Tx) error { return tx.ShredDataKey(c.Scope, keys[0].Object, at(6)) },
	} {
		refused(t, s, care.KindNotFound, read)
	}
	// The list is replayed: what it names goes, what it named before stays noted.
	gone := care.ShreddedKey{Scope: c.Scope, ID: keys[0].ID, ShreddedAt: at(5)}
	second := care.ShreddedKey{Scope: c.Scope, ID: keys[1].ID, ShreddedAt: at(7)}
	for i, k := range []care.ShreddedKey{gone, second, second} {
		var there bool
		update(t, s, func(tx store.Tx) (err error) { there, err = tx.Shred(k); return err })
		if there != (i == 1) {
			t.Errorf("shredding %d: the key was there: %v", i, there)
		}
	}
	listed := get(t, s, func(tx store.Tx) ([]care.ShreddedKey, error) { return tx.ShreddedKeys(c.Scope, "", 9) })
	if len(listed) != 2 || listed[0] != gone && listed[1] != gone {
		t.Errorf("the list of shredded keys is %v", listed)
	}
	left := get(t, s, func(tx store.Tx) ([]care.DataKey, error) { return tx.DataKeys(c.Scope, "", 9) })
	if len(left) != 1 || !bytes.Equal(left[0].Wrapped, keys[2].Wrapped) {
		t.Errorf("%d keys are left, want the third", len(left))
	}
	again := keys[0]
	again.ID = uid("again", 1)
	update(t, s, func(tx store.Tx) error { return tx.CreateDataKey(again) })
}
