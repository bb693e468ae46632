package store

import (
	"context"

	"chartline/internal/care"
)

type scopeKey struct{}

// Within says whose rows what runs in ctx is for. An engine that can keeps all
// others' out of its sight, as a second wall behind each statement's own. Without
// it, or with an empty tenant or instance, all are in sight.
func Within(ctx context.Context, s care.Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// ScopeOf returns what Within said; the zero scope where nothing did.
func ScopeOf(ctx context.Context) care.Scope {
	s, _ := ctx.Value(scopeKey{}).(care.Scope)
	return s
}
