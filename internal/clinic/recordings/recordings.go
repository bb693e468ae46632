package recordings

import (
	"chartline/internal/blob"
	"chartline/internal/gate"
)

// Service is the use cases of this package.
type Service struct {
	gate     *gate.Gate
	media    blob.Store
	underway blob.Underway
}

// New returns the use cases behind g, with media kept in media.
func New(g *gate.Gate, media blob.Store) *Service { return &Service{gate: g, media: media} }
