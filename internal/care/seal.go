package care

import "time"

// InstanceKey wraps the data keys of one instance, and is itself wrapped by a
// master key. A rotation makes the next version; the newest wraps what is new.
// The key of an empty scope is the installation's own.
type InstanceKey struct {
	Scope
	Version int64 // from 1
	// Master names the master key that wraps this one.
	Master    string
	Wrapped   []byte
	CreatedAt time.Time
}

// DataKey is the wrapped key of one stored object.
type DataKey struct {
	Scope
	Object string // the object's key in the media store
	ID     string // a UUID: the same name used again is another key
	// Version is that of the instance key that wraps this one.
	Version   int64
	Wrapped   []byte
	CreatedAt time.Time
}

// ShreddedKey says that a data key was destroyed, so that a backup cannot bring
// it back.
type ShreddedKey struct {
	Scope
	ID         string
	ShreddedAt time.Time
}
