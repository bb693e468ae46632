package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"chartline/internal/blob"
)

// format is what this program writes and reads.
const format = 1

// ErrIncomplete reports a backup that is not whole: it was not finished, or
// something of it was lost or cut since.
var ErrIncomplete = errors.New("the backup is not whole")

// ErrNewer reports a backup of a newer program.
var ErrNewer = errors.New("the backup is newer than this program")

// Manifest says what a backup consists of. It is written last: a backup without
// one was not finished.
type Manifest struct {
	Format     int       `json:"format"`
	ID         string    `json:"id"`
	StartedAt  time.Time `json:"startedAt"` // the state is of this time or just after
	FinishedAt time.Time `json:"finishedAt"`
	Program    string    `json:"program"`
	Engine     string    `json:"engine"`
	Schema     int64     `json:"schema"`
	// Followed is how many milliseconds lie between two looks at what is committed
	// after it; 0 where nobody looks.
	Followed int64 `json:"followed,omitempty"`
	// Parts are the database's; Extras what belongs to it and is no database.
	Parts  []Part `json:"parts"`
	Extras []Part `json:"extras,omitempty"`
	// Index lists the objects.
	Index   Part  `json:"index"`
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"` // of all objects
	// Gone are rows of the copied state whose recordings were deleted while the
	// media were copied: to be deleted again where the backup is put back.
	Gone []Row `json:"gone,omitempty"`
	// Damaged are rows whose objects were missing or not what was stored.
	Damaged []Row `json:"damaged,omitempty"`
}

// Part is one stored piece.
type Part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// Sealed says that the bytes, of which size and digest are told, are encrypted.
	Sealed bool `json:"sealed,omitempty"`
}

func partOf(name string, info blob.Info) Part {
	return Part{Name: name, Size: info.Size, SHA256: hex.EncodeToString(info.SHA256[:])}
}

// digest is the part's, or an error where the manifest's is no digest.
func (p Part) digest() (sum [32]byte, err error) {
	b, err := hex.DecodeString(p.SHA256)
	if err != nil || len(b) != len(sum) {
		return sum, fmt.Errorf("%w: the digest of %s cannot be read", ErrIncomplete, p.Name)
	}
	return [32]byte(b), nil
}

// Row names a row of the copied state.
type Row struct {
	Noun     string `json:"noun"`
	Tenant   string `json:"tenant"`
	Instance string `json:"instance"`
	ID       string `json:"id"`
	Key      string `json:"key"` // of its object
}

// Extra returns a part that is no database's.
func (m Manifest) Extra(name string) (Part, bool) { return find(m.Extras, name) }

// Sealed reports whether the database's parts are encrypted.
func (m Manifest) Sealed() bool {
	return slices.ContainsFunc(m.Parts, func(p Part) bool { return p.Sealed })
}

func find(parts []Part, name string) (Part, bool) {
	for _, p := range parts {
		if p.Name == name {
			return p, true
		}
	}
	return Part{}, false
}

// encode is the manifest as one line of JSON and a line with its digest.
func (m Manifest) encode() ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return append(append(text, '\n'), hex.EncodeToString(sum[:])+"\n"...), nil
}

func decodeManifest(text []byte) (m Manifest, err error) {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	sum := sha256.Sum256(line)
	if string(rest) != hex.EncodeToString(sum[:])+"\n" {
		return m, fmt.Errorf("%w: its manifest was cut or changed", ErrIncomplete)
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return m, fmt.Errorf("%w: its manifest cannot be read", ErrIncomplete)
	}
	switch {
	case m.Format > format:
		return m, ErrNewer
	case len(m.Parts) == 0:
		return m, fmt.Errorf("%w: it has no database", ErrIncomplete)
	}
	return m, nil
}
