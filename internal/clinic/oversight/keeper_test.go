package oversight_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
	"chartline/internal/store"
)

// signed reads what was signed of a chain: the numbers.
func (w *world) signed(t *testing.T, chain string) []int64 {
	t.Helper()
	s, err := w.file.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all []int64
	for next := s.Of(chain); ; {
		c, err := next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil || !c.SignedBy(w.key.Public()) || !c.At.Equal(noon) {
			t.Fatalf("%+v: %v", c, err)
		}
		all = append(all, c.Seq)
	}
}

func TestChainsThatMovedAreSignedAndNoOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.checkpoint(t) // nothing yet
	w.fill(t, tenant, 2)
	w.fill(t, "another", 1)
	w.checkpoint(t)
	w.checkpoint(t)
	w.fill(t, tenant, 1, 1)
	w.checkpoint(t)
	w.open(t) // another process
	w.checkpoint(t)
	w.fill(t, "another", 1)
	w.checkpoint(t)
	if diff := cmp.Diff([]int64{2, 4}, w.signed(t, tenant)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{1, 2}, w.signed(t, "another")); diff != "" {
		t.Error(diff)
	}
}

func TestAChainThatWentBackIsNotSigned(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(t *testing.T, w *world){
		"cut": func(t *testing.T, w *world) {
			w.tamper(t, `DELETE FROM audit_group WHERE chain = ? AND last_seq = 5`, tenant)
			w.tamper(t, `UPDATE audit_chain SET seq = 2, hash = (SELECT hash FROM audit_group WHERE chain = $1 AND last_seq = 2) WHERE chain = $1`, tenant)
		},
		"made anew and longer": func(t *testing.T, w *world) {
			head := audit.Group(w.groups(t, tenant)[0]).Head()
			w.tamper(t, `DELETE FROM audit_group WHERE chain = ? AND last_seq = 5`, tenant)
			w.tamper(t, `UPDATE audit_chain SET seq = 2, hash = ? WHERE chain = ?`, head.Hash[:], tenant)
			w.write(t, tenant, care.AuditEntry{}, care.AuditEntry{}, care.AuditEntry{})
			w.fill(t, tenant, 4)
		},
		"removed": func(t *testing.T, w *world) {
			w.tamper(t, `DELETE FROM audit_group WHERE chain = ?`, tenant)
			w.tamper(t, `DELETE FROM audit_chain WHERE chain = ?`, tenant)
		},
		"made anew at the same length": func(t *testing.T, w *world) {
			w.tamper(t, `UPDATE audit_chain SET hash = zeroblob(32) WHERE chain = ?`, tenant)
		},
	} {
		w := newWorld(t)
		w.fill(t, tenant, 2, 3)
		w.fill(t, "another", 1)
		w.checkpoint(t)
		act(t, w)
		for n := range 2 {
			w.fill(t, "another", 1)
			err := w.keeper.Checkpoint(t.Context())
			if !errors.Is(err, oversight.ErrRewound) || !strings.Contains(err.Error(), tenant) {
				t.Errorf("%s: %v", name, err)
			}
			if got := w.signed(t, tenant); len(got) != 1 {
				t.Errorf("%s: signed %v", name, got)
			}
			if got := w.signed(t, "another"); len(got) != 2+n {
				t.Errorf("%s: of the other chain, signed %v", name, got)
			}
			w.open(t) // another process finds the same
		}
	}
}

// Lines that somebody else put into the file do not keep the server from
// signing; verifying reports them.
func TestCheckpointsOfAnotherKeyDoNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 2)
	other, err := audit.NewKey([]byte(strings.Repeat("x", audit.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.file.Append([]audit.Checkpoint{other.Sign(tenant, audit.Head{Seq: 99}, noon)}); err != nil {
		t.Fatal(err)
	}
	w.checkpoint(t)
	r := w.report(t, tenant)
	if r.Anchored != 2 || r.Checkpoints != 2 || len(r.Faults) != 1 || r.Faults[0].Kind != audit.FaultCheckpoint {
		t.Errorf("found %+v", r)
	}
}

func TestTheIndexIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 150 { // more than one transaction's
		w.fill(t, tenant, 1)
	}
	w.write(t, tenant, care.AuditEntry{Patient: patient}, care.AuditEntry{Patient: "another"})
	w.fill(t, tenant, 1)
	of := func() (firsts []int64) {
		err := w.store.View(t.Context(), func(tx store.Tx) error {
			groups, err := tx.AuditGroupsOf(tenant, patient, nil, nil, 0, 1000)
			for _, g := range groups {
				firsts = append(firsts, g.First)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return firsts
	}
	if got := of(); len(got) != 152 {
		t.Errorf("before, %d groups may hold the patient's entries, want all 152", len(got))
	}
	w.checkpoint(t)
	if diff := cmp.Diff([]int64{151}, of()); diff != "" {
		t.Error(diff)
	}
}

func TestACheckpointThatCannotBeWrittenIsAnErrorAndIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 2)
	away := checkpoint.NewFile(filepath.Join(w.dir, "not-mounted", "checkpoints.jsonl"))
	keeper := oversight.NewKeeper(w.store, w.key, away, clock)
	if err := keeper.Checkpoint(t.Context()); err == nil {
		t.Error("it was written")
	}
	if err := os.Mkdir(filepath.Dir(away.Path()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := keeper.Checkpoint(t.Context()); err != nil {
		t.Error(err)
	}
	w.file = away
	if got := w.signed(t, tenant); len(got) != 1 {
		t.Errorf("signed %v", got)
	}
}
