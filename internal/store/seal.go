package store

import (
	"time"

	"chartline/internal/care"
)

// SealKeys holds the keys of sealed storage, every one of them wrapped. Their
// tables are apart from what they open, so that a backup of the rest can leave
// them out.
type SealKeys interface {
	// CreateInstanceKey stores k. Conflict names version.
	CreateInstanceKey(care.InstanceKey) error
	InstanceKey(s care.Scope, version int64) (care.InstanceKey, error)
	// NewestInstanceKey returns the one of the highest version.
	NewestInstanceKey(care.Scope) (care.InstanceKey, error)
	// InstanceKeys lists the whole installation's by scope and version, those
	// after the given one; nil is the beginning.
	InstanceKeys(after *care.InstanceKey, limit int) ([]care.InstanceKey, error)
	// RewrapInstanceKey gives k's key, where it is still wrapped as was, another
	// master and wrapping; NotFound where it is not.
	RewrapInstanceKey(k care.InstanceKey, was []byte) error
	// DeleteInstanceKey removes a version. Conflict where data keys hang on it.
	DeleteInstanceKey(s care.Scope, version int64) error

	// CreateDataKey stores k. Conflict names object or id; NotFound
	// ("instance_key") where the version that wraps it is gone.
	CreateDataKey(care.DataKey) error
	DataKey(s care.Scope, object string) (care.DataKey, error)
	// DataKeys lists by object, those after the given one.
	DataKeys(s care.Scope, after string, limit int) ([]care.DataKey, error)
	// DataKeysBelow lists those that versions older than the given one wrap.
	DataKeysBelow(s care.Scope, version int64, limit int) ([]care.DataKey, error)
	// RewrapDataKey gives the key with k's ID, where it is still wrapped as was,
	// another version and wrapping; NotFound where it is not.
	RewrapDataKey(k care.DataKey, was []byte) error
	// ShredDataKey overwrites and removes the key of object and notes that in the
	// list of shredded keys. NotFound where there is none.
	ShredDataKey(s care.Scope, object string, at time.Time) error
	// Shred notes k in the list, and overwrites and removes the key where it is
	// there. It reports whether it was. Again it does nothing.
	Shred(k care.ShreddedKey) (bool, error)
	// ShreddedKeys lists by id, those after the given one.
	ShreddedKeys(s care.Scope, after string, limit int) ([]care.ShreddedKey, error)
}
