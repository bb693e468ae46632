package care

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind says what went wrong, in the terms that every surface can render.
// The list is closed: a surface maps each Kind to a status and a body, and a
// test loops over Kinds.
type Kind int

// The kinds of failure.
const (
	KindInternal         Kind = iota // a fault of ours; the cause is logged, never shown
	KindInvalid                      // a value is missing or wrong; Fields names each
	KindUnauthenticated              // no credential, or not a good one
	KindExpired                      // a credential that was good, and is past its time
	KindBadSecret                    // client name and secret do not fit
	KindForbidden                    // the actor is known and may not
	KindNotFound                     // no such thing, or not for this actor to know of
	KindAmbiguous                    // more than one thing fits, and guessing is not allowed
	KindConflict                     // the thing exists already, or changed meanwhile
	KindMismatch                     // a digest or an idempotency key does not fit the body
	KindNoRoute                      // no such path
	KindMethodNotAllowed             // the path exists, not with this method
	KindPrecondition                 // a conditional request did not hold
	KindRange                        // no byte range that was asked for exists
	KindTooLarge                     // the body is over the limit
	KindUnsupportedMedia             // a content type that is not taken here
	KindTimeout                      // the client was too slow in sending
	KindRateLimited                  // too many; RetryAfter says when
	KindStorageFull                  // no room for a new recording
	KindUnavailable                  // cannot be answered now; safe to try again
	KindMediaUnavailable             // a stored recording is missing or damaged
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "expired", "bad_secret", "forbidden", "not_found",
	"ambiguous", "conflict", "mismatch", "no_route", "method_not_allowed", "precondition", "range",
	"too_large", "unsupported_media", "timeout", "rate_limited", "storage_full", "unavailable", "media_unavailable",
}

// Kinds returns every Kind, for tests that prove a mapping whole.
func Kinds() []Kind {
	all := make([]Kind, len(kindNames))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// String returns the kind's stable name, as used in the audit log.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", int(k))
	}
	return kindNames[k]
}

// Error is a failure with a text that is safe to show and a cause that is not.
type Error struct {
	Kind Kind
	// Noun is what the failure is about: "patient", "voice_call", "recording".
	Noun string
	// Message is safe to show to the client. It never holds personal data.
	Message string
	// Fields names each faulty input and why. The values are never repeated.
	Fields map[string]string
	// RetryAfter is how long to wait, for KindRateLimited and KindUnavailable.
	RetryAfter time.Duration
	// Cause is for the log only.
	Cause error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Noun != "" {
		b.WriteString(" " + e.Noun)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for _, f := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, "; %s %s", f, e.Fields[f])
	}
	if e.Cause != nil {
		b.WriteString(": " + e.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the Kind of err, or KindInternal where it carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// IsNotFound reports whether err is of KindNotFound.
func IsNotFound(err error) bool { return err != nil && KindOf(err) == KindNotFound }

// NotFound returns a KindNotFound about noun.
func NotFound(noun string) error { return &Error{Kind: KindNotFound, Noun: noun} }

// Conflict returns a KindConflict about noun; field names what collides.
func Conflict(noun, field string) error {
	return &Error{Kind: KindConflict, Noun: noun, Message: field + " is already in use", Fields: map[string]string{field: "is already in use"}}
}

// Invalid returns a KindInvalid for one faulty field.
func Invalid(field, reason string) error {
	return &Error{Kind: KindInvalid, Fields: map[string]string{field: reason}}
}

// Unavailable returns a KindUnavailable with its cause.
func Unavailable(cause error) error {
	return &Error{Kind: KindUnavailable, Message: "temporarily unavailable", RetryAfter: time.Second, Cause: cause}
}

// Problems gathers faulty fields so that all of them are named at once.
// The zero value is ready to use.
type Problems struct{ fields map[string]string }

// Add notes that field is faulty; the first reason for a field stands.
func (p *Problems) Add(field, reason string) {
	if p.fields == nil {
		p.fields = map[string]string{}
	}
	if _, ok := p.fields[field]; !ok {
		p.fields[field] = reason
	}
}

// Check notes that field is faulty unless ok.
func (p *Problems) Check(ok bool, field, reason string) {
	if !ok {
		p.Add(field, reason)
	}
}

// Include takes over the faulty fields that err names, if any.
func (p *Problems) Include(err error) { p.IncludeAt("", err) }

// IncludeAt is Include for what stands at a path: "readings[2].".
func (p *Problems) IncludeAt(path string, err error) {
	if e, ok := errors.AsType[*Error](err); ok {
		for field, reason := range e.Fields {
			p.Add(path+field, reason)
		}
	}
}

// Err returns nil, or a KindInvalid that names every faulty field.
func (p *Problems) Err() error {
	if len(p.fields) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Fields: p.fields}
}
