package audit

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"time"

	"chartline/internal/care"
)

// FaultKind says what is wrong with a chain.
type FaultKind string

// The kinds of fault. All but the last three are found in the chain alone.
const (
	FaultUnreadable FaultKind = "unreadable"   // the line is not an entry
	FaultChanged    FaultKind = "changed"      // the hash does not follow from the entry and the one before
	FaultMissing    FaultKind = "missing"      // the entry is not where it belongs: removed or moved
	FaultOutOfPlace FaultKind = "out_of_place" // another entry stands there: put in, repeated or another chain's
	FaultGroup      FaultKind = "group"        // the group's bounds, times or hash are not those of its entries
	FaultHead       FaultKind = "head"         // the head is not that of the last entry
	FaultRewritten  FaultKind = "rewritten"    // a signed checkpoint holds another hash: made anew since
	FaultTruncated  FaultKind = "truncated"    // a signed checkpoint holds entries that are not there
	FaultCheckpoint FaultKind = "checkpoint"   // a checkpoint is not to be trusted, or goes back
)

// Fault is one thing that is wrong, and where.
type Fault struct {
	Kind FaultKind
	// Seq is the first entry that is not as it was, or cannot be shown to be.
	Seq    int64
	Detail string // for people; without health data
}

// Report is what a verification found.
type Report struct {
	Chain string
	Head  int64 // the last entry, as the head says
	// Good is the last entry up to which all is in order.
	Good int64
	// Anchored is the last entry that was found as a signed checkpoint has it,
	// and AnchoredAt when that was signed. What is after it could have been made
	// anew by somebody who can write to the database.
	Anchored    int64
	AnchoredAt  time.Time
	Checkpoints int // how many checkpoints of this chain were read
	// Faults holds the chain's first fault and at most maxFaults others about
	// checkpoints; none means that the chain is good.
	Faults []Fault
}

// OK reports whether no fault was found.
func (r Report) OK() bool { return len(r.Faults) == 0 }

const maxFaults = 8

// Verifier checks one chain, in memory that does not grow with the chain. Give
// it every group in order, then Finish.
type Verifier struct {
	keys    map[string]ed25519.PublicKey
	next    func() (Checkpoint, error)
	link    *linker
	report  Report
	stopped bool // a fault in the chain was found: what follows cannot be judged

	// The checkpoint that is to be met next, once the chain gets there.
	pending *Checkpoint
	highest int64 // the highest Seq of a checkpoint so far
	drained bool

	scratch []byte
}

// NewVerifier begins to check chain against its checkpoints, oldest first, of
// which next returns one at a time, and io.EOF after the last. next may be nil;
// a checkpoint counts where one of keys signed it.
func NewVerifier(chain string, next func() (Checkpoint, error), keys ...ed25519.PublicKey) *Verifier {
	v := &Verifier{
		keys:    map[string]ed25519.PublicKey{},
		next:    next,
		drained: next == nil,
		link:    newLinker(chain, Head{}),
		report:  Report{Chain: chain},
	}
	for _, k := range keys {
		v.keys[KeyID(k)] = k
	}
	return v
}

// Add checks the next group and reports whether there is any use in going on.
// Its error is that of reading checkpoints, not a finding.
func (v *Verifier) Add(g Group) (bool, error) {
	if v.stopped {
		return false, nil
	}
	want := v.link.head.Seq + 1
	switch {
	case g.Chain != v.report.Chain:
		v.stop(FaultOutOfPlace, want, "the group is of another chain")
	case g.First > want:
		v.stop(FaultMissing, want, fmt.Sprintf("the next group begins at %d", g.First))
	case g.First < want:
		v.stop(FaultOutOfPlace, want, fmt.Sprintf("the next group begins at %d", g.First))
	case g.Last < g.First:
		v.stop(FaultGroup, want, "the group says that it holds no entry")
	default:
		return v.entries(g)
	}
	return false, nil
}

// entries checks a group that begins where it should.
func (v *Verifier) entries(g Group) (bool, error) {
	var from, until time.Time
	for rest := g.Lines; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, lineFeed)
		e, ok := v.entry(line, ended)
		if !ok {
			return false, nil
		}
		if e.Seq == g.First || e.At.Before(from) {
			from = e.At
		}
		if e.Seq == g.First || e.At.After(until) {
			until = e.At
		}
		if good, err := v.meet(e.Seq); !good || err != nil {
			return false, err
		}
		v.report.Good = e.Seq
		rest = after
	}
	head := v.link.head
	switch {
	case head.Seq < g.Last:
		v.stop(FaultMissing, head.Seq+1, fmt.Sprintf("the group says that it ends at %d", g.Last))
	case head.Seq > g.Last:
		v.stop(FaultGroup, g.Last+1, fmt.Sprintf("the group says that it ends at %d", g.Last))
	case head.Hash != g.Hash:
		v.stop(FaultGroup, g.Last, "the group's hash is not that of its last entry")
	case !from.Equal(g.From) || !until.Equal(g.Until):
		v.stop(FaultGroup, g.First, "the group's times are not those of its entries")
	}
	return !v.stopped, nil
}

// entry checks the next line and moves the link over it.
func (v *Verifier) entry(line []byte, ended bool) (care.AuditEntry, bool) {
	want := v.link.head.Seq + 1
	e, covered, sum, err := decodeEntry(line, &v.scratch)
	if err != nil || !ended {
		v.stop(FaultUnreadable, want, "the line is not one that was written here")
		return e, false
	}
	switch {
	case e.Chain != v.report.Chain:
		v.stop(FaultOutOfPlace, want, "the entry is of another chain")
		return e, false
	case e.Seq > want:
		v.stop(FaultMissing, want, fmt.Sprintf("entry %d stands in its place", e.Seq))
		return e, false
	case e.Seq < want:
		v.stop(FaultOutOfPlace, want, fmt.Sprintf("entry %d stands in its place", e.Seq))
		return e, false
	}
	if v.link.add(covered); v.link.head.Hash != sum {
		v.stop(FaultChanged, want, "the entry's hash is not that of its text and the entry before")
		return e, false
	}
	return e, true
}

// Finish compares the end of what was added with the chain's head and with the
// checkpoints that are left.
func (v *Verifier) Finish(head Head) (Report, error) {
	v.report.Head = head.Seq
	end := v.link.head
	if end.Seq == 0 {
		end = Head{}
	}
	if !v.stopped {
		switch {
		case head.Seq > end.Seq:
			v.stop(FaultMissing, end.Seq+1, fmt.Sprintf("the head says that the chain ends at %d", head.Seq))
		case head.Seq < end.Seq:
			v.stop(FaultHead, head.Seq+1, fmt.Sprintf("the head says that the chain ends at %d", head.Seq))
		case head.Hash != end.Hash:
			v.stop(FaultHead, head.Seq, "the head's hash is not that of the last entry")
		}
	}
	for {
		if err := v.advance(); err != nil {
			return v.report, err
		}
		if v.pending == nil {
			return v.report, nil
		}
		if !v.stopped {
			v.stop(FaultTruncated, end.Seq+1, fmt.Sprintf("a checkpoint signed at %s holds entry %d",
				v.pending.At.Format(time.RFC3339), v.pending.Seq))
		}
		v.pending = nil
	}
}

// meet compares the entry just passed with the checkpoints about it.
func (v *Verifier) meet(seq int64) (bool, error) {
	for {
		if err := v.advance(); err != nil {
			return false, err
		}
		c := v.pending
		if c == nil || c.Seq > seq {
			return true, nil
		}
		if c.Hash != v.link.head.Hash {
			v.stop(FaultRewritten, v.report.Anchored+1, fmt.Sprintf("a checkpoint signed at %s holds another hash for entry %d",
				c.At.Format(time.RFC3339), seq))
			return false, nil
		}
		v.report.Anchored, v.report.AnchoredAt = seq, c.At
		v.pending = nil
	}
}

// advance makes the next checkpoint that can be trusted the pending one, where
// none is; nil then means that there are no more.
func (v *Verifier) advance() error {
	for v.pending == nil && !v.drained {
		c, err := v.next()
		if errors.Is(err, io.EOF) {
			v.drained = true
			return nil
		}
		if err != nil {
			return err
		}
		v.report.Checkpoints++
		key, known := v.keys[c.KeyID]
		switch {
		case c.Chain != v.report.Chain:
			v.note(c.Seq, "a checkpoint is of another chain")
		case !known:
			v.note(c.Seq, "a checkpoint is signed with a key that is not known here")
		case !c.SignedBy(key):
			v.note(c.Seq, "a checkpoint's signature is not good")
		case c.Seq < 1 || c.Seq < v.highest:
			v.note(c.Seq, fmt.Sprintf("a checkpoint goes back, from entry %d", v.highest))
		default:
			v.pending, v.highest = &c, c.Seq
		}
	}
	return nil
}

// stop records the chain's first fault.
func (v *Verifier) stop(kind FaultKind, seq int64, detail string) {
	v.stopped = true
	v.report.Good = min(v.report.Good, seq-1)
	v.report.Faults = append(v.report.Faults, Fault{Kind: kind, Seq: seq, Detail: detail})
}

// note records a fault of a checkpoint, which does not end the verification.
func (v *Verifier) note(seq int64, detail string) {
	if len(v.report.Faults) < maxFaults {
		v.report.Faults = append(v.report.Faults, Fault{Kind: FaultCheckpoint, Seq: seq, Detail: detail})
	}
}
