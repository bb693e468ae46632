package care

import (
	"log/slog"
	"time"
)

// StoredObject is what a row says of its bytes in the media store.
type StoredObject struct {
	Scope
	Noun   string // "recording" or "file"
	ID     string // of the row
	Key    string // in the media store
	Size   int64
	SHA256 [32]byte
}

// LogValue shows the id only.
func (o StoredObject) LogValue() slog.Value { return slog.StringValue(o.ID) }

// Damage is what is wrong with a stored object.
type Damage string

// The damages.
const (
	DamageMissing Damage = "missing"
	DamageBytes   Damage = "changed" // its size, its digest, or it cannot be read
)

// DamagedObject is a stored object that was found not to be what its row says.
// It is not delivered until it is found to be good again.
type DamagedObject struct {
	Scope
	Noun    string // "recording" or "file"
	ID      string
	Key     string
	Damage  Damage
	FoundAt time.Time
}

// LogValue shows the id only.
func (o DamagedObject) LogValue() slog.Value { return slog.StringValue(o.ID) }

// AdoptedObject says which object, of a place that others keep, stands for a key
// of the media store.
type AdoptedObject struct {
	Scope
	Key     string
	Place   string // "dir:PATH" or "s3://BUCKET/PREFIX?..."
	Name    string // in the place
	Version string // of its bytes when it was adopted
}

// LogValue shows the key only.
func (o AdoptedObject) LogValue() slog.Value { return slog.StringValue(o.Key) }

// ScrubPlace is how far reading the stored objects back has come.
type ScrubPlace struct {
	After     string // the key of the last one read; empty once all were
	BeganAt   time.Time
	ReachedAt time.Time
	Objects   int64
	Bytes     int64
}
