package audit

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"slices"
	"time"

	"chartline/internal/care"
)

// Head is the end of a chain: the last entry's number and hash. The zero Head
// is that of a chain without entries.
type Head struct {
	Seq  int64
	Hash [32]byte
}

// Group is a run of a chain's entries that are committed together. Its fields
// are those of store.AuditGroup, so that one converts to the other.
type Group struct {
	Chain       string
	First, Last int64
	From, Until time.Time // the earliest and the latest entry's time
	Hash        [32]byte  // of the chain, after Last
	Lines       []byte    // one line an entry, each with its line feed
}

// Head returns the chain's head once the group is in it.
func (g Group) Head() Head { return Head{Seq: g.Last, Hash: g.Hash} }

// Seal makes the group that follows head in chain. It gives each entry its
// chain, its number and the time as written, in place; there must be at least
// one. To call it again with the same head gives the same group.
//
// A line is the entry as JSON and ends in its hash, which is
// SHA-256(the hash before || the line up to its hash member).
func Seal(chain string, head Head, entries []care.AuditEntry) Group {
	link := newLinker(chain, head)
	g := Group{Chain: chain, First: head.Seq + 1, Lines: make([]byte, 0, 512*len(entries))}
	for i := range entries {
		e := &entries[i]
		e.Chain, e.Seq, e.At = chain, link.head.Seq+1, writable(e.At)
		start := len(g.Lines)
		g.Lines = appendEntry(g.Lines, e)
		link.add(g.Lines[start:])
		g.Lines = append(appendHash(g.Lines, &link.head.Hash), '\n')
		if i == 0 || e.At.Before(g.From) {
			g.From = e.At
		}
		if i == 0 || e.At.After(g.Until) {
			g.Until = e.At
		}
	}
	g.Last, g.Hash = link.head.Seq, link.head.Hash
	return g
}

// Origin is the hash that a chain's first entry follows. It holds the chain's
// name, so that no chain passes for another's.
func Origin(chain string) [32]byte {
	return sha256.Sum256([]byte("chartline audit chain 1\x00" + chain))
}

// lineFeed ends every line.
var lineFeed = []byte("\n")

// linker computes a chain's hashes.
type linker struct {
	head   Head
	digest hash.Hash
}

// newLinker begins after head.
func newLinker(chain string, head Head) *linker {
	if head.Seq == 0 {
		head.Hash = Origin(chain)
	}
	return &linker{head: head, digest: sha256.New()}
}

// add moves the head over the next entry, given what its hash covers.
func (l *linker) add(covered []byte) {
	l.digest.Reset()
	l.digest.Write(l.head.Hash[:])
	l.digest.Write(covered)
	l.digest.Sum(l.head.Hash[:0])
	l.head.Seq++
}

// Walk calls fn with each entry of g and its line, line feed included, until fn
// returns false. It does not check hashes; ErrLine where a line is damaged.
func (g Group) Walk(fn func(e care.AuditEntry, line []byte) bool) error {
	for rest := g.Lines; len(rest) > 0; {
		line, after, ok := bytes.Cut(rest, lineFeed)
		if !ok {
			return ErrLine
		}
		e, _, err := Decode(line)
		if err != nil {
			return err
		}
		if !fn(e, rest[:len(line)+1]) {
			return nil
		}
		rest = after
	}
	return nil
}

// leadPatient begins the member that says whom an entry is about. Within a text
// its quotes would be escaped, so it stands nowhere else.
var leadPatient = []byte(`,"patient":"`)

// Subjects names the patients that lines are about, each once, in order. It does
// not look at the rest of a line, whole or damaged.
func Subjects(lines []byte) []string {
	var patients []string
	for line := range bytes.Lines(lines) {
		_, after, ok := bytes.Cut(line, leadPatient)
		r := lineReader{rest: string(after)}
		if patient := r.text(); ok && !r.failed {
			patients = append(patients, patient)
		}
	}
	slices.Sort(patients)
	return slices.Compact(patients)
}
