package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chartline/internal/audit"
	"chartline/internal/care"
)

const chain = "acme-health"

// stored is what a database and a checkpoint file hold of one chain.
type stored struct {
	groups      []audit.Group
	head        audit.Head
	checkpoints []audit.Checkpoint
}

// tester is what testing and rapid have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func testKey(t tester, b byte) audit.Key {
	t.Helper()
	k, err := audit.NewKey(bytes.Repeat([]byte{b}, audit.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write makes a chain of groups of the given sizes, with a checkpoint after
// each of those in signed.
func write(key audit.Key, sizes []int, signed ...int) stored {
	var s stored
	for i, size := range sizes {
		entries := make([]care.AuditEntry, size)
		for j := range entries {
			entries[j] = care.AuditEntry{
				// Clocks go back; chains do not.
				At: noon.Add(time.Duration((i*7+j*3)%11-5) * time.Hour), Actor: care.ActorClient, ActorID: "c1",
				Action: "recording.read", Noun: "recording", ID: fmt.Sprintf("%d.%d", i, j), Outcome: care.OutcomeAllowed,
			}
		}
		g := audit.Seal(chain, s.head, entries)
		s.groups, s.head = append(s.groups, g), g.Head()
		if slices.Contains(signed, i) {
			s.checkpoints = append(s.checkpoints, key.Sign(chain, s.head, noon.Add(time.Duration(i)*time.Minute)))
		}
	}
	return s
}

// verify gives s to a Verifier as the database would.
func (s stored) verify(t tester, key audit.Key) audit.Report {
	t.Helper()
	rest := s.checkpoints
	v := audit.NewVerifier(chain, func() (audit.Checkpoint, error) {
		if len(rest) == 0 {
			return audit.Checkpoint{}, io.EOF
		}
		c := rest[0]
		rest = rest[1:]
		return c, nil
	}, key.Public())
	for _, g := range s.groups {
		more, err := v.Add(g)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
	}
	r, err := v.Finish(s.head)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rebuild makes groups with true bounds and hashes out of lines, as a forger
// would who does not compute new entry hashes.
func regroup(g audit.Group, lines [][]byte) audit.Group {
	g.Lines = bytes.Join(lines, nil)
	return g
}

func lines(g audit.Group) [][]byte { return slices.Collect(bytes.Lines(g.Lines)) }

// first is the report's one fault in the chain.
func first(t tester, r audit.Report) audit.Fault {
	t.Helper()
	if len(r.Faults) != 1 {
		t.Fatalf("there are %d faults, want 1: %+v", len(r.Faults), r)
	}
	return r.Faults[0]
}

func TestAWholeChainIsGood(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	s := write(key, []int{1, 3, 2, 4}, 0, 2)
	s.checkpoints = append(s.checkpoints, s.checkpoints[1]) // signed again after a restart
	want := audit.Report{Chain: chain, Head: 10, Good: 10, Anchored: 6, AnchoredAt: noon.Add(2 * time.Minute), Checkpoints: 3}
	if diff := cmp.Diff(want, s.verify(t, key)); diff != "" {
		t.Error(diff)
	}
	empty := stored{}
	if diff := cmp.Diff(audit.Report{Chain: chain}, empty.verify(t, key)); diff != "" {
		t.Error(diff)
	}
}

// entryAt returns which entry the byte at offset of a group's lines is part of.
func entryAt(g audit.Group, offset int) int64 {
	return g.First + int64(bytes.Count(g.Lines[:offset], []byte("\n")))
}

func TestAnyFlippedByteIsFoundInItsEntry(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	s := write(key, []int{1, 3, 2})
	for i, g := range s.groups {
		for offset := range g.Lines {
			for bit := range 8 {
				bad := s
				bad.groups = slices.Clone(s.groups)
				bad.groups[i].Lines = bytes.Clone(g.Lines)
				bad.groups[i].Lines[offset] ^= 1 << bit
				r := bad.verify(t, key)
				if f := first(t, r); f.Seq != entryAt(g, offset) || r.Good != f.Seq-1 {
					t.Fatalf("bit %d of byte %d of group %d (entry %d) was found as %+v", bit, offset, i, entryAt(g, offset), r)
				}
			}
		}
	}
}

// tampering is something done to a chain, and what has to be found.
type tampering struct {
	kind audit.FaultKind
	seq  int64
}

func TestEveryTamperingIsFoundAndLocated(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 5), 2, 6).Draw(t, "sizes")
		s := write(key, sizes, len(sizes)-1)
		i := rapid.IntRange(0, len(sizes)-1).Draw(t, "group")
		g := s.groups[i]
		all := lines(g)
		j := rapid.IntRange(0, len(all)-1).Draw(t, "line")
		seq := g.First + int64(j)
		var want tampering
		switch act := rapid.SampledFrom([]string{
			"remove line", "remove group", "cut tail", "swap lines", "swap groups", "repeat line", "repeat group", "move line back",
			"insert forged", "bounds", "times", "hash", "other chain", "cut line feed", "head back", "head on", "head hash",
		}).Draw(t, "act"); act {
		case "remove line":
			s.groups[i] = regroup(g, slices.Delete(all, j, j+1))
			want = tampering{audit.FaultMissing, seq}
		case "remove group":
			s.groups = slices.Delete(s.groups, i, i+1)
			want = tampering{audit.FaultMissing, g.First}
		case "cut tail": // with a head that fits: only the checkpoint tells
			if i == 0 {
				s.groups, s.head = nil, audit.Head{}
			} else {
				s.groups, s.head = s.groups[:i], s.groups[i-1].Head()
			}
			want = tampering{audit.FaultTruncated, g.First}
		case "swap lines":
			if len(all) == 1 {
				return // nothing to swap
			}
			a, b := j, (j+1)%len(all)
			all[a], all[b] = all[b], all[a]
			s.groups[i] = regroup(g, all)
			want = tampering{audit.FaultMissing, g.First + int64(min(a, b))}
		case "swap groups":
			k := (i + 1) % len(s.groups)
			s.groups[i], s.groups[k] = s.groups[k], s.groups[i]
			want = tampering{audit.FaultMissing, min(s.groups[i].First, s.groups[k].First)}
		case "repeat line":
			s.groups[i] = regroup(g, slices.Insert(all, j, all[j]))
			want = tampering{audit.FaultOutOfPlace, seq + 1}
		case "repeat group":
			s.groups = slices.Insert(s.groups, i, g)
			want = tampering{audit.FaultOutOfPlace, g.Last + 1}
		case "move line back":
			s.groups[0] = regroup(s.groups[0], append(lines(s.groups[0]), all[j]))
			want = tampering{audit.FaultMissing, s.groups[0].Last + 1}
			switch {
			case i == 0:
				want.kind = audit.FaultOutOfPlace
			case seq == s.groups[0].Last+1:
				want = tampering{audit.FaultGroup, seq}
			}
		case "insert forged": // well formed, after the entry before it
			head := audit.Head{}
			if i > 0 {
				head = s.groups[i-1].Head()
			}
			forged := audit.Seal(chain, head, []care.AuditEntry{{At: g.From, ActorID: "somebody else"}})
			s.groups[i] = regroup(g, slices.Insert(all, 0, forged.Lines))
			want = tampering{audit.FaultOutOfPlace, g.First + 1}
			if g.First == s.head.Seq { // where the checkpoint looks
				want = tampering{audit.FaultRewritten, 1}
			}
		case "bounds":
			s.groups[i].Last--
			want = tampering{audit.FaultGroup, g.Last}
		case "times":
			s.groups[i].Until = g.Until.Add(time.Microsecond)
			want = tampering{audit.FaultGroup, g.First}
		case "hash":
			s.groups[i].Hash[j] ^= 1
			want = tampering{audit.FaultGroup, g.Last}
		case "other chain":
			s.groups[i] = audit.Seal("another", s.groups[i].Head(), []care.AuditEntry{{}})
			s.groups[i].First, s.groups[i].Last = g.First, g.Last
			if rapid.Bool().Draw(t, "hidden") {
				s.groups[i].Chain = chain
			}
			want = tampering{audit.FaultOutOfPlace, g.First}
		case "cut line feed":
			s.groups[i].Lines = g.Lines[:len(g.Lines)-1]
			want = tampering{audit.FaultUnreadable, g.Last}
		case "head back":
			s.head.Seq--
			want = tampering{audit.FaultHead, s.head.Seq + 1}
		case "head on":
			s.head.Seq++
			want = tampering{audit.FaultMissing, s.head.Seq}
		case "head hash":
			s.head.Hash[0] ^= 1
			want = tampering{audit.FaultHead, s.head.Seq}
		}
		r := s.verify(t, key)
		f := first(t, r)
		if (tampering{f.Kind, f.Seq}) != want || r.Good != want.seq-1 {
			t.Fatalf("found %+v, want %+v", r, want)
		}
	})
}

// An attacker with the database makes the chain anew after a change. The chain
// alone cannot tell; a checkpoint can, and says since when.
func TestAChainMadeAnewIsFoundByACheckpoint(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	s := write(key, []int{2, 3, 4, 1}, 0, 2)
	entries := []care.AuditEntry{{At: noon, ActorID: "nobody was here"}}
	s.groups[1] = audit.Seal(chain, s.groups[0].Head(), append(entries, entries[0], entries[0]))
	for i := 2; i < len(s.groups); i++ {
		var again []care.AuditEntry
		if err := s.groups[i].Walk(func(e care.AuditEntry, _ []byte) bool { again = append(again, e); return true }); err != nil {
			t.Fatal(err)
		}
		s.groups[i] = audit.Seal(chain, s.groups[i-1].Head(), again)
	}
	s.head = s.groups[3].Head()
	r := s.verify(t, key)
	if f := first(t, r); f.Kind != audit.FaultRewritten || f.Seq != 3 || r.Good != 2 || r.Anchored != 2 {
		t.Errorf("found %+v", r)
	}
	s.checkpoints = nil
	if r := s.verify(t, key); !r.OK() || r.Anchored != 0 {
		t.Errorf("without checkpoints nothing can be found, but %+v", r)
	}
}

func TestACheckpointThatIsNotToBeTrustedIsReportedAndDoesNotHideTheChain(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	whole := write(key, []int{2, 3, 4}, 0, 1, 2)
	for name, change := range map[string]func(c *audit.Checkpoint){
		"hash":      func(c *audit.Checkpoint) { c.Hash[9] ^= 1 },
		"number":    func(c *audit.Checkpoint) { c.Seq++ },
		"time":      func(c *audit.Checkpoint) { c.At = c.At.Add(time.Microsecond) },
		"signature": func(c *audit.Checkpoint) { c.Signature[0] ^= 1 },
		"chain":     func(c *audit.Checkpoint) { c.Chain = "another" },
		"key":       func(c *audit.Checkpoint) { c.KeyID = "0000000000000000" },
		"another key": func(c *audit.Checkpoint) {
			*c = testKey(t, 2).Sign(c.Chain, audit.Head{Seq: c.Seq, Hash: c.Hash}, c.At)
		},
		"going back": func(c *audit.Checkpoint) { *c = key.Sign(chain, audit.Head{Seq: 1}, c.At) },
		"zero":       func(c *audit.Checkpoint) { *c = key.Sign(chain, audit.Head{}, c.At) },
	} {
		s := whole
		s.checkpoints = slices.Clone(whole.checkpoints)
		change(&s.checkpoints[1])
		r := s.verify(t, key)
		if f := first(t, r); f.Kind != audit.FaultCheckpoint || r.Good != 9 || r.Anchored != 9 || r.Checkpoints != 3 {
			t.Errorf("%s: found %+v", name, r)
		}
	}
}

func TestManyBadCheckpointsAreNotAllKept(t *testing.T) {
	t.Parallel()
	s := write(testKey(t, 1), []int{1}, 0)
	s.checkpoints = slices.Repeat(s.checkpoints, 100)
	if r := s.verify(t, testKey(t, 2)); len(r.Faults) != 8 || r.Checkpoints != 100 {
		t.Errorf("found %d faults in %d checkpoints", len(r.Faults), r.Checkpoints)
	}
}

func TestAFailureToReadCheckpointsIsNoFinding(t *testing.T) {
	t.Parallel()
	s := write(testKey(t, 1), []int{1})
	broken := errors.New("broken")
	next := func() (audit.Checkpoint, error) { return audit.Checkpoint{}, broken }
	if _, err := audit.NewVerifier(chain, next).Add(s.groups[0]); !errors.Is(err, broken) {
		t.Errorf("Add returned %v", err)
	}
	if _, err := audit.NewVerifier(chain, next).Finish(audit.Head{}); !errors.Is(err, broken) {
		t.Errorf("Finish returned %v", err)
	}
}

func TestTheCheckpointsFormIsTheOneThatWasWrittenDown(t *testing.T) {
	t.Parallel()
	c := testKey(t, 1).Sign(chain, audit.Head{Seq: 42, Hash: audit.Origin("x")}, noon)
	const want = `{"v":1,"chain":"acme-health","seq":42,"hash":"fc260d10c21d5ff79a55dafe6071bd098aea7722f15c96a3e0a5805f99082a1b",` +
		`"at":"2026-11-20T12:00:00.123456Z","key":"6e4df0313ec4b604","signature":"31687ad07aaf15ea8ad7a52774ede67f72fe94ef952f73201c17be71642902ef` +
		`e56315971139fb527c8da53c5871186a9bc7ee9ca05372f07e7a791f37b17b0d"}` + "\n"
	if diff := cmp.Diff(want, string(c.Line())); diff != "" {
		t.Error(diff)
	}
}

func TestCheckpointsReadBackAndOtherWritingsAreRefused(t *testing.T) {
	t.Parallel()
	key := testKey(t, 1)
	c := key.Sign("", audit.Head{Seq: 42}, noon)
	line := c.Line()
	got, err := audit.ParseCheckpoint(line)
	if err != nil || got != c || !got.SignedBy(key.Public()) || got.SignedBy(testKey(t, 2).Public()) {
		t.Fatalf("%+v: %v", got, err)
	}
	for offset := range line {
		for bit := range 8 {
			bad := bytes.Clone(line)
			bad[offset] ^= 1 << bit
			if got, err := audit.ParseCheckpoint(bad); err == nil && got.SignedBy(key.Public()) {
				t.Fatalf("bit %d of byte %d may be flipped", bit, offset)
			}
		}
		if _, err := audit.ParseCheckpoint(line[:offset]); err == nil && offset < len(line)-1 {
			t.Fatalf("the first %d bytes were taken", offset)
		}
	}
	if _, err := audit.ParseCheckpoint([]byte(strings.Replace(string(line), "42", "042", 1))); err == nil {
		t.Error("a leading zero was taken")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(testKey(f, 1).Sign(chain, audit.Head{Seq: 42}, noon).Line())
	f.Fuzz(func(t *testing.T, line []byte) {
		c, err := audit.ParseCheckpoint(line)
		if err == nil && string(bytes.TrimSuffix(line, []byte("\n"))) != strings.TrimSuffix(string(c.Line()), "\n") {
			t.Fatalf("taken: %q", line)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	entries := make([]care.AuditEntry, 32)
	for i := range entries {
		entries[i] = sample()
	}
	v := audit.NewVerifier(chain, nil)
	var head audit.Head
	b.ReportAllocs()
	for range b.N / len(entries) {
		b.StopTimer()
		g := audit.Seal(chain, head, entries)
		head = g.Head()
		b.StartTimer()
		if more, err := v.Add(g); !more || err != nil {
			b.Fatal(more, err)
		}
	}
}
