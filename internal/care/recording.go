package care

import (
	"encoding/hex"
	"log/slog"
	"time"
	"unicode/utf8"
)

// Consent is what the people recorded said.
type Consent string

// The consents.
const (
	ConsentUnknown Consent = "unknown"
	ConsentGiven   Consent = "given"
	ConsentRefused Consent = "refused"
)

// Consents returns every consent.
func Consents() []Consent { return []Consent{ConsentUnknown, ConsentGiven, ConsentRefused} }

// NameStatus says whether a recording holds its name.
type NameStatus string

// The name statuses. A name that was already held elsewhere when it arrived
// waits until a person settles whose it is.
const (
	NameHeld    NameStatus = "held"
	NameWaiting NameStatus = "waiting"
	// NameDismissed is a recording whose claim to its name a person set aside:
	// it keeps the name to read, and no look-up by name finds it.
	NameDismissed NameStatus = "dismissed"
)

// NameStatuses returns every name status.
func NameStatuses() []NameStatus { return []NameStatus{NameHeld, NameWaiting, NameDismissed} }

// OwnerKind is what a recording belongs to.
type OwnerKind string

// The owners.
const (
	OwnerSession OwnerKind = "session"
	OwnerCall    OwnerKind = "call"
)

// Owner is the session or call that a recording belongs to.
type Owner struct {
	Kind OwnerKind
	ID   string
}

// Recording is stored media. Its own ID is the key; Name is an alias.
type Recording struct {
	Scope
	ID          string // UUID
	Name        string // as the recorder gave it
	NameStatus  NameStatus
	Owner       Owner
	Patient     string // UUID, of the owner's patient
	Encounter   *int64 // of the owner, where it has one
	ContentType string
	Size        int64
	SHA256      [32]byte
	BlobKey     string
	Duration    *int64     // whole seconds, where known
	StartedAt   *time.Time // where known
	Consent     Consent
	// Withheld is set while the recording may not be heard, with the reason.
	WithheldAt     *time.Time
	WithheldReason string
	// DeletedAt is set when the recording was deleted; its bytes are gone.
	DeletedAt *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows the id only.
func (r Recording) LogValue() slog.Value { return slog.StringValue(r.ID) }

// HexDigest is the SHA-256 of the bytes in lower-case hex.
func (r Recording) HexDigest() string { return hex.EncodeToString(r.SHA256[:]) }

// Extension is what a delivered file's name ends in; it follows the type.
func (r Recording) Extension() string {
	for _, f := range mediaForms() {
		if f.name == r.ContentType {
			return f.extension
		}
	}
	return ""
}

// Audible reports whether the recording may be delivered and looked up in an
// instance whose setting is unknownRefused. What is not audible answers as if
// it were not there.
func (r Recording) Audible(unknownRefused bool) bool {
	return r.DeletedAt == nil && r.WithheldAt == nil && r.media().Audible(unknownRefused)
}

func (r Recording) media() Media {
	switch {
	case r.DeletedAt != nil, r.WithheldAt != nil:
		return MediaNone
	case r.Consent == ConsentGiven:
		return MediaGiven
	case r.Consent == ConsentUnknown:
		return MediaUnknown
	}
	return MediaNone
}

// MediaOf sums up recordings for the call that owns them.
func MediaOf(recordings []Recording) Media {
	best := MediaNone
	for _, r := range recordings {
		best = max(best, r.media())
	}
	return best
}

// MaxRecordingName bounds a recording's name in bytes.
const MaxRecordingName = 1024

// CheckRecordingName names what is wrong with a recording's name. Any name that
// a recorder gives must work; only empty, overlong, not UTF-8, and NUL are refused.
func CheckRecordingName(name string) error {
	switch {
	case name == "":
		return Invalid("name", "is required")
	case len(name) > MaxRecordingName:
		return Invalid("name", "must be at most 1024 bytes")
	case !utf8.ValidString(name):
		return Invalid("name", "must be valid UTF-8")
	}
	for i := range len(name) {
		if name[i] == 0 {
			return Invalid("name", "must not contain NUL")
		}
	}
	return nil
}

// RecordingFilter narrows a list of recordings. Zero fields do not narrow.
type RecordingFilter struct {
	Patient        string // UUID
	Owner          Owner
	NameStatus     NameStatus
	Consent        Consent
	Withheld       *bool
	IncludeDeleted bool
}
