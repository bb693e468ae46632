package gate

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/store"
)

// View runs a function in a snapshot of its own. The function must copy what it
// keeps.
type View func(func(store.Tx) error) error

// Open decides and audits as Read does, for an answer that is too long for one
// snapshot, such as an export. The entry is durable before Open returns. The
// View is for this one answer and for what the actor was allowed.
func Open(ctx context.Context, g *Gate, q Request, locate func(store.Tx) (care.Target, error)) (View, error) {
	_, err := Read(ctx, g, q, locate, func(store.Tx) (struct{}, error) { return struct{}{}, nil })
	if err != nil {
		return nil, err
	}
	return func(fn func(store.Tx) error) error { return g.store.View(store.Within(ctx, q.Scope), fn) }, nil
}
