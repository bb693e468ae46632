package store

import (
	"context"
	"errors"
	"io"

	"chartline/internal/care"
)

// StoredObjects are what rows use of the media store.
type StoredObjects interface {
	// StoredObjects lists the objects that undeleted recordings and files of all
	// tenants use, by key, those after the given one.
	StoredObjects(after string, limit int) ([]care.StoredObject, error)
	// ReplaceObject has the row of o use the object under key in place of o's. NotFound
	// where it does not use that any more.
	ReplaceObject(o care.StoredObject, key string) error
	// DamagedObject returns what is known to be wrong with an object, or NotFound.
	DamagedObject(key string) (care.DamagedObject, error)
	// DamagedObjects lists all tenants' by key, those after the given one.
	DamagedObjects(after string, limit int) ([]care.DamagedObject, error)
	// PutDamagedObject notes what is wrong, in place of what was noted before.
	PutDamagedObject(care.DamagedObject) error
	// DeleteDamagedObject forgets it; what is not there is no error.
	DeleteDamagedObject(key string) error
	// CreateAdoptedObject stores what stands for a key. Conflict names key or name:
	// an instance adopts an object once.
	CreateAdoptedObject(care.AdoptedObject) error
	// AdoptedObject returns what stands for a key, or NotFound.
	AdoptedObject(key string) (care.AdoptedObject, error)
	// AdoptedByName returns what an instance adopted from a place, or NotFound.
	AdoptedByName(s care.Scope, place, name string) (care.AdoptedObject, error)
	// DeleteAdoptedObject forgets it; what is not there is no error.
	DeleteAdoptedObject(key string) error
	// ScrubPlace says how far scrubbing has come, or NotFound.
	ScrubPlace() (care.ScrubPlace, error)
	SetScrubPlace(care.ScrubPlace) error
}

// Snapshotter is a Store that can be copied whole while others use it.
type Snapshotter interface {
	Store
	// Snapshot runs fn on one state of the whole database, however long fn takes
	// and whatever is written meanwhile. Of an entry and its change the state
	// holds both or neither.
	Snapshot(ctx context.Context, fn func(Snapshot) error) error
	// SchemaVersion is the number of the last migration.
	SchemaVersion(ctx context.Context) (int64, error)
}

// Snapshot is one state of a database, to be read and to be copied.
type Snapshot interface {
	// Tx reads it. It is not for concurrent use, nor while Copy runs.
	Tx() Tx
	// Parts names what the copy consists of.
	Parts() []string
	// Copy writes a part, as the engine puts it back.
	Copy(ctx context.Context, part string, w io.Writer) error
	// Size is about how many bytes Copy will write of all parts.
	Size() (int64, error)
	// Check looks for structural damage in what is to be copied.
	Check(ctx context.Context) error
	// SchemaVersion is the number of the state's last migration.
	SchemaVersion(ctx context.Context) (int64, error)
}

// Followed is a Snapshotter whose changes can be copied as they are committed.
type Followed interface {
	Snapshotter
	// Follow begins to keep what changes. A copy of a later state (Snapshot) and
	// what Next gives from then on, applied in order, make each state that Next
	// ended at: what changed before the copy may be applied to it again.
	Follow(ctx context.Context) (Follower, error)
	// Merge makes one of several changes of a part that follow each other, each as
	// Copy wrote it.
	Merge(part string, changes [][]byte) ([]byte, error)
}

// Follower gives what was committed, piece by piece. It is not for concurrent
// use, and must be closed.
type Follower interface {
	// Next runs fn on what was committed since the last Next that succeeded, by
	// any process, from one whole state to another. It is not called where there is
	// nothing. Where fn fails, the next Next gives the same, and what came since.
	Next(ctx context.Context, fn func(Changes) error) error
	Close() error
}

// ErrTooFarBehind is returned by Next where more has been committed than may be
// kept: who follows must begin again, with a copy.
var ErrTooFarBehind = errors.New("more was committed than is kept for who follows")

// Changes lead from one state of a database to a later one.
type Changes interface {
	// Parts names what changed.
	Parts() []string
	// Size is how many bytes Copy writes of a part.
	Size(part string) int64
	// Copy writes what changed of a part, as the engine applies it.
	Copy(ctx context.Context, part string, w io.Writer) error
	// Objects lists the media objects that rows use which are new in the later state,
	// or were given another object (ReplaceObject).
	Objects() []care.StoredObject
}
