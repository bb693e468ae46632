package chart

import (
	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/store"
)

// Service is the use cases of this package.
type Service struct {
	gate   *gate.Gate
	media  blob.Store
	limits Limits
	// uploading are files whose batch is not kept yet.
	uploading blob.Underway
}

// Limits bound files that are uploaded.
type Limits struct {
	FileSize  int64 // bytes of one file
	FileCount int   // of one batch
	// UncitedCount and UncitedSize bound what an uploader has here that no form
	// cites yet.
	UncitedCount, UncitedSize int64
}

// DefaultLimits are those of a server that is told nothing else.
func DefaultLimits() Limits {
	return Limits{FileSize: 25 << 20, FileCount: 20, UncitedCount: 1000, UncitedSize: 10 << 30}
}

// New returns the use cases behind g, with files' bytes kept in media.
func New(g *gate.Gate, media blob.Store, l Limits) *Service {
	return &Service{gate: g, media: media, limits: l}
}

// Uploading reports whether the bytes at key are a file's whose batch is not kept
// yet: they are not to be taken for unused.
func (s *Service) Uploading(key string) bool { return s.uploading.Has(key) }

// MaxBatch is how many bytes the files of one batch may have together.
func (s *Service) MaxBatch() int64 { return s.limits.FileSize * int64(s.limits.FileCount) }

// Place is a place in a list that is newest first: the last one of the page
// before.
type Place = store.Place

// locatePatient finds a patient into p, for a thing of theirs that is called
// noun.
func locatePatient(actor care.Actor, scope care.Scope, noun string, ref care.PersonRef, p *care.Patient) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *p, err = gate.FindPatient(tx, scope, ref); err != nil {
			return care.Target{Noun: noun}, err
		}
		return gate.PatientTarget(tx, actor, scope, noun, "", p.ID)
	}
}

// locateListed is locatePatient for a list that a patient may narrow: of is set
// to their id, empty where ref is nil.
func locateListed(actor care.Actor, scope care.Scope, noun string, ref *care.PersonRef, of *string) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		*of = ""
		if ref == nil {
			return care.Target{Noun: noun}, nil
		}
		p, err := gate.FindPatient(tx, scope, *ref)
		if err != nil {
			return care.Target{Noun: noun}, err
		}
		*of = p.ID
		return gate.PatientTarget(tx, actor, scope, noun, "", p.ID)
	}
}

// locateThing finds a thing by its UUID into v.
func locateThing[T any](actor care.Actor, scope care.Scope, noun, id string, find func(store.Tx, string) (T, error), patient func(T) string, v *T) func(store.Tx) (care.Target, error) {
	id, ok := care.ParseUUID(id)
	return func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: noun}
		if !ok {
			return t, care.NotFound(noun)
		}
		var err error
		if *v, err = find(tx, id); err != nil {
			return t, err
		}
		return gate.PatientTarget(tx, actor, scope, noun, id, patient(*v))
	}
}
