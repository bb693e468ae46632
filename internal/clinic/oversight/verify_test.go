package oversight_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"chartline/internal/audit"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
)

// Each tampering is of a log of groups 1-2, 3-5, 6, 7-10 with checkpoints after
// 5 and 10. What a server writes of itself is in another chain.
func TestTamperingWithTheDatabaseIsFoundAndLocated(t *testing.T) {
	t.Parallel()
	edited := func(w *world, last int64, edit func(lines []byte) []byte) {
		g := w.groups(t, tenant)[slices.Index([]int64{2, 5, 6, 10}, last)]
		w.tamper(t, `UPDATE audit_group SET entries = ? WHERE chain = ? AND last_seq = ?`, edit(bytes.Clone(g.Lines)), tenant, last)
	}
	for name, c := range map[string]struct {
		act  func(t *testing.T, w *world)
		kind audit.FaultKind
		seq  int64
	}{
		"an entry edited": {func(_ *testing.T, w *world) {
			edited(w, 5, func(lines []byte) []byte { return bytes.Replace(lines, []byte(`"seq":4,`), []byte(`"seq":4, `), 1) })
		}, audit.FaultUnreadable, 4},
		"an actor changed": {func(_ *testing.T, w *world) {
			edited(w, 5, func(lines []byte) []byte { return bytes.Replace(lines, []byte(`"c1"`), []byte(`"c2"`), 1) })
		}, audit.FaultChanged, 3},
		"an entry removed": {func(_ *testing.T, w *world) {
			edited(w, 10, func(lines []byte) []byte { return lines[bytes.IndexByte(lines, '\n')+1:] })
		}, audit.FaultMissing, 7},
		"the last entry of a group removed": {func(_ *testing.T, w *world) {
			edited(w, 10, func(lines []byte) []byte { return lines[:bytes.LastIndexByte(lines[:len(lines)-1], '\n')+1] })
		}, audit.FaultMissing, 10},
		"a group removed": {func(t *testing.T, w *world) {
			w.tamper(t, `DELETE FROM audit_group WHERE chain = ? AND last_seq = 6`, tenant)
		}, audit.FaultMissing, 6},
		"an entry repeated": {func(_ *testing.T, w *world) {
			edited(w, 2, func(lines []byte) []byte { return append(lines, lines[:bytes.IndexByte(lines, '\n')+1]...) })
		}, audit.FaultOutOfPlace, 3},
		"an entry put in": {func(t *testing.T, w *world) {
			head := audit.Group(w.groups(t, tenant)[1]).Head()
			forged := audit.Seal(tenant, head, []care.AuditEntry{{At: noon, ActorID: "somebody else"}})
			edited(w, 5, func(lines []byte) []byte { return append(lines, forged.Lines...) })
		}, audit.FaultGroup, 6},
		"groups exchanged": {func(t *testing.T, w *world) {
			w.tamper(t, `UPDATE audit_group SET last_seq = -5 WHERE last_seq = 5`)
			w.tamper(t, `UPDATE audit_group SET last_seq = 5 WHERE last_seq = 2`)
			w.tamper(t, `UPDATE audit_group SET last_seq = 2 WHERE last_seq = -5`)
		}, audit.FaultMissing, 1},
		"a group's times changed": {func(t *testing.T, w *world) {
			w.tamper(t, `UPDATE audit_group SET until_at = until_at + 1 WHERE last_seq = 6`)
		}, audit.FaultGroup, 6},
		"a group's hash changed": {func(t *testing.T, w *world) {
			w.tamper(t, `UPDATE audit_group SET hash = zeroblob(32) WHERE last_seq = 5`)
		}, audit.FaultGroup, 5},
		"the end cut off": {func(t *testing.T, w *world) {
			w.tamper(t, `DELETE FROM audit_group WHERE last_seq = 10`)
		}, audit.FaultMissing, 7},
		"the end cut off and the head set back": {func(t *testing.T, w *world) {
			w.tamper(t, `DELETE FROM audit_group WHERE last_seq = 10`)
			w.tamper(t, `UPDATE audit_chain SET seq = 6, hash = (SELECT hash FROM audit_group WHERE last_seq = 6)`)
		}, audit.FaultTruncated, 7},
		"the head set back": {func(t *testing.T, w *world) {
			w.tamper(t, `UPDATE audit_chain SET seq = 6, hash = (SELECT hash FROM audit_group WHERE last_seq = 6)`)
		}, audit.FaultHead, 7},
		"the whole chain removed": {func(t *testing.T, w *world) {
			w.tamper(t, `DELETE FROM audit_group`)
			w.tamper(t, `DELETE FROM audit_chain`)
		}, audit.FaultTruncated, 1},
		"the chain made anew from an entry on": {func(t *testing.T, w *world) {
			groups := w.groups(t, tenant)
			head := audit.Group(groups[1]).Head()
			w.tamper(t, `DELETE FROM audit_group WHERE last_seq > 5`)
			w.tamper(t, `UPDATE audit_chain SET seq = 5, hash = ?`, head.Hash[:])
			entries := make([]care.AuditEntry, 5)
			w.write(t, tenant, entries...)
		}, audit.FaultRewritten, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fill(t, tenant, 2, 3)
			w.checkpoint(t)
			w.fill(t, tenant, 1, 4)
			w.checkpoint(t)
			c.act(t, w)
			v, err := w.service.VerifyAll(t.Context(), operator)
			if err != nil || v.OK() {
				t.Fatalf("found %+v, %v", v, err)
			}
			i := slices.IndexFunc(v.Chains, func(r audit.Report) bool { return r.Chain == tenant })
			if i < 0 {
				t.Fatalf("the chain is not reported: %+v", v)
			}
			r := v.Chains[i]
			if len(r.Faults) != 1 || r.Faults[0].Kind != c.kind || r.Faults[0].Seq != c.seq || r.Good != c.seq-1 {
				t.Errorf("found %+v, want %s at %d", r, c.kind, c.seq)
			}
		})
	}
}

func TestAWholeLogIsGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 1, 2, 3)
	w.fill(t, "another", slices.Repeat([]int{2}, 100)...) // more than one reading
	w.checkpoint(t)
	w.fill(t, tenant, 4)
	v, err := w.service.VerifyAll(t.Context(), operator)
	if err != nil || !v.OK() {
		t.Fatalf("found %+v, %v", v, err)
	}
	want := map[string]audit.Report{
		"":        {Chain: "", Head: 1, Good: 1}, // this verification's own entry
		"another": {Chain: "another", Head: 200, Good: 200, Anchored: 200},
		tenant:    {Chain: tenant, Head: 10, Good: 10, Anchored: 6},
	}
	for _, r := range v.Chains {
		w := want[r.Chain]
		if r.Head != w.Head || r.Good != w.Good || r.Anchored != w.Anchored {
			t.Errorf("found %+v, want %+v", r, w)
		}
	}
	if len(v.Chains) != len(want) {
		t.Errorf("it reports on %d chains, want %d", len(v.Chains), len(want))
	}
}

func TestCheckpointsThatCannotBeReadAreAFaultAndATornOneIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 1)
	w.checkpoint(t)
	add := func(text string) oversight.Verification {
		f, err := os.OpenFile(w.file.Path(), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		v, err := w.service.Verify(t.Context(), operator, tenant)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := add(`{"v":1,"chain":"acme-he`); !v.OK() || !v.Checkpoints.Torn {
		t.Errorf("torn: found %+v", v)
	}
	if v := add("\n"); v.OK() || v.Checkpoints.Unreadable != 1 || v.Checkpoints.FirstUnreadable != 2 {
		t.Errorf("unreadable: found %+v", v)
	}
}

// A crash with a torn write-ahead log brings the database back to its last whole
// commit. What was lost and signed is reported.
func TestATornWriteAheadLogIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 1, 2)
	w.checkpoint(t)
	size := func() int64 {
		info, err := os.Stat(w.auditLog() + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	w.fill(t, tenant, 3)
	end := size() // what is after it is the index's
	w.checkpoint(t)
	if end-before < 8192 {
		t.Fatal("the write-ahead log grew too little to be cut")
	}
	for _, cut := range []int64{1, 100, 4096} {
		copied := &world{dir: t.TempDir(), key: w.key, file: w.file}
		for _, name := range []string{"chartline.db", "chartline.db-wal", "chartline-audit.db", "chartline-audit.db-wal"} {
			text, err := os.ReadFile(filepath.Join(w.dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if name == "chartline-audit.db-wal" {
				text = text[:end-cut]
			}
			if err := os.WriteFile(filepath.Join(copied.dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		copied.open(t)
		// The verification's own entry takes the number of the first lost one.
		r := copied.report(t, tenant)
		if r.Head != 4 || r.Anchored != 3 || len(r.Faults) != 1 || r.Faults[0].Kind != audit.FaultTruncated || r.Faults[0].Seq != 5 {
			t.Errorf("cut by %d: found %+v", cut, r)
		}
	}
}

// Entries are written and checkpoints signed all the while: that is no fault.
func TestALogInUseVerifies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	every := func(fn func() error) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if err := fn(); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	every(func() error { return w.tryWrite(tenant, care.AuditEntry{At: noon}, care.AuditEntry{At: noon}) })
	every(func() error { return w.keeper.Checkpoint(context.Background()) })
	for range 20 {
		v, err := w.service.VerifyAll(t.Context(), operator)
		if err != nil || !v.OK() {
			t.Errorf("found %+v, %v", v, err)
		}
	}
	close(stop)
	wg.Wait()
	w.checkpoint(t)
	if r := w.report(t, tenant); !r.OK() || r.Head == 0 {
		t.Errorf("at the end: %+v", r)
	}
}

func TestVerifyingIsForOperatorsAndIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 1)
	if _, err := w.service.Verify(t.Context(), officer, tenant); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a client verified: %v", err)
	}
	if _, err := w.service.VerifyAll(t.Context(), officer); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a client verified everything: %v", err)
	}
	w.report(t, tenant)
	if _, err := w.service.VerifyAll(t.Context(), operator); err != nil {
		t.Error(err)
	}
	got := strings.Join(append(summary(w.entries(t, tenant)[1:]), summary(w.entries(t, ""))...), "; ")
	want := "officer audit.verify refused; officer audit.verify refused; root audit.verify allowed; root audit.verify allowed"
	if got != want {
		t.Errorf("the log says %s", got)
	}
}

// summary says who did what and how it ended.
func summary(entries []care.AuditEntry) []string {
	said := make([]string, len(entries))
	for i, e := range entries {
		said[i] = e.ActorID + " " + string(e.Action) + " " + string(e.Outcome)
	}
	return said
}
