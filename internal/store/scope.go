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

type elsewhereKey struct{}

// Elsewhere allows a View in ctx to read a copy of the database, where there is one
// that has what the View must see. Its function may then be run again: it must set, not
// add to, what it captures.
func Elsewhere(ctx context.Context) context.Context {
	return context.WithValue(ctx, elsewhereKey{}, true)
}

// MayReadElsewhere reports whether Elsewhere was said.
func MayReadElsewhere(ctx context.Context) bool { return ctx.Value(elsewhereKey{}) != nil }

type aloneKey struct{}

// Alone says that a View in ctx most likely runs one statement, for which an engine
// needs no transaction around it. Where there comes another, the function is run
// again from its beginning, in a transaction: it must set, not add to, what it captures.
func Alone(ctx context.Context) context.Context {
	return context.WithValue(ctx, aloneKey{}, true)
}

// LikelyAlone reports whether Alone was said.
func LikelyAlone(ctx context.Context) bool { return ctx.Value(aloneKey{}) != nil }

type entriesKey struct{}

// Entries says that an Update in ctx writes audit entries alone, which no View
// that may read elsewhere looks for.
func Entries(ctx context.Context) context.Context {
	return context.WithValue(ctx, entriesKey{}, true)
}

// OnlyEntries reports whether Entries was said.
func OnlyEntries(ctx context.Context) bool { return ctx.Value(entriesKey{}) != nil }
