package care

import "time"

// Edit is a change to a value that may be absent: none (the zero Edit), a new
// value, or its removal.
type Edit[T any] struct {
	Given bool
	Value *T // nil removes
}

// SetTo returns the change to v.
func SetTo[T any](v T) Edit[T] { return Edit[T]{Given: true, Value: &v} }

// Remove returns the change that removes the value.
func Remove[T any]() Edit[T] { return Edit[T]{Given: true} }

// Apply makes the change to *to.
func (e Edit[T]) Apply(to **T) {
	if e.Given {
		*to = e.Value
	}
}

// Replace sets *to to *with, where with is not nil: a change to a value that is
// always there.
func Replace[T any](to *T, with *T) {
	if with != nil {
		*to = *with
	}
}

// ApplyTime makes a change of a time, in stored precision.
func ApplyTime(e Edit[time.Time], to **time.Time) {
	e.Value = TruncatePtr(e.Value)
	e.Apply(to)
}
