package people

import "chartline/internal/gate"

// Service is the use cases of this package.
type Service struct{ gate *gate.Gate }

// New returns the use cases behind g.
func New(g *gate.Gate) *Service { return &Service{gate: g} }
