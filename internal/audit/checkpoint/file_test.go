package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func key(t *testing.T) audit.Key {
	t.Helper()
	k, err := audit.NewKey(bytes.Repeat([]byte{1}, audit.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signed makes one checkpoint of each chain that is named, numbered in order.
func signed(t *testing.T, chains ...string) []audit.Checkpoint {
	t.Helper()
	all := make([]audit.Checkpoint, len(chains))
	for i, c := range chains {
		all[i] = key(t).Sign(c, audit.Head{Seq: int64(i + 1)}, noon)
	}
	return all
}

func newFile(t *testing.T) *checkpoint.File {
	t.Helper()
	return checkpoint.NewFile(filepath.Join(t.TempDir(), "audit-checkpoints.jsonl"))
}

func appendTo(t *testing.T, f *checkpoint.File, all ...audit.Checkpoint) {
	t.Helper()
	if err := f.Append(all); err != nil {
		t.Fatal(err)
	}
}

func snapshot(t *testing.T, f *checkpoint.File) *checkpoint.Snapshot {
	t.Helper()
	s, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func survey(t *testing.T, f *checkpoint.File) checkpoint.Survey {
	t.Helper()
	found, err := snapshot(t, f).Survey()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// of reads a chain's checkpoints to the end.
func of(t *testing.T, s *checkpoint.Snapshot, chain string) []audit.Checkpoint {
	t.Helper()
	var all []audit.Checkpoint
	for next := s.Of(chain); ; {
		c, err := next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

func TestWhatIsAddedReadsBackByChain(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	all := signed(t, "acme", "", "acme-health", "acme", "")
	appendTo(t, f, all[:2]...)
	appendTo(t, f)
	appendTo(t, f, all[2:]...)
	s := snapshot(t, f)
	for chain, want := range map[string][]audit.Checkpoint{
		"": {all[1], all[4]}, "acme": {all[0], all[3]}, "acme-health": {all[2]}, "acm": nil,
	} {
		if diff := cmp.Diff(want, of(t, s, chain)); diff != "" {
			t.Errorf("%q: %s", chain, diff)
		}
	}
	want := checkpoint.Survey{Last: map[string]audit.Checkpoint{"": all[4], "acme": all[3], "acme-health": all[2]}}
	if diff := cmp.Diff(want, survey(t, f)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(f.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
}

func TestAFileThatIsNotThereReadsAsEmpty(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	if found := survey(t, f); len(found.Last) != 0 || len(of(t, snapshot(t, f), "acme")) != 0 {
		t.Errorf("found %+v", found)
	}
}

func TestADirectoryThatIsNotThereIsNotMade(t *testing.T) {
	t.Parallel()
	f := checkpoint.NewFile(filepath.Join(t.TempDir(), "not-mounted", "audit-checkpoints.jsonl"))
	if err := f.Append(signed(t, "acme")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Append returned %v", err)
	}
}

func TestASnapshotDoesNotSeeWhatIsAddedLater(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	all := signed(t, "acme", "acme")
	appendTo(t, f, all[0])
	s := snapshot(t, f)
	appendTo(t, f, all[1])
	if got := of(t, s, "acme"); len(got) != 1 {
		t.Errorf("it sees %d checkpoints, want 1", len(got))
	}
}

func TestACrashAtAnyByteIsReportedAndMended(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	all := signed(t, "acme", "other", "acme")
	appendTo(t, f, all[:2]...)
	whole, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	start := bytes.IndexByte(whole, '\n') + 1
	for cut := start; cut <= len(whole); cut++ {
		if err := os.WriteFile(f.Path(), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		found := survey(t, f)
		complete := cut >= len(whole)-1 // all there, but for the line feed perhaps
		if found.Torn == (complete || cut == start) || found.Unreadable != 0 {
			t.Fatalf("cut at %d of %d: %+v", cut, len(whole), found)
		}
		appendTo(t, f, all[2])
		found = survey(t, f)
		_, kept := found.Last["other"]
		if found.Torn || found.Unreadable != 0 || kept != complete || found.Last["acme"] != all[2] {
			t.Fatalf("mended after a cut at %d of %d: %+v", cut, len(whole), found)
		}
	}
}

func TestLinesThatAreNotCheckpointsAreCountedAndPassedOver(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	all := signed(t, "acme", "acme")
	text := fmt.Sprintf("%s%s\n{}\n\n%s\n%s", all[0].Line(), strings.Repeat("x", 300_000), `{"v":1,"chain":"acme",}`, all[1].Line())
	if err := os.WriteFile(f.Path(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := of(t, snapshot(t, f), "acme"); !cmp.Equal(got, all) {
		t.Errorf("read %+v", got)
	}
	want := checkpoint.Survey{Last: map[string]audit.Checkpoint{"acme": all[1]}, Unreadable: 4, FirstUnreadable: 2}
	if diff := cmp.Diff(want, survey(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestAFileOfSomethingElseIsNotCutShort(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	other := bytes.Repeat([]byte("x"), 300_000)
	if err := os.WriteFile(f.Path(), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(signed(t, "acme")); err == nil {
		t.Error("it was added to")
	}
	if got, err := os.ReadFile(f.Path()); err != nil || !bytes.Equal(got, other) {
		t.Errorf("it was changed: %d bytes, %v", len(got), err)
	}
	if found := survey(t, f); !found.Torn {
		t.Errorf("found %+v", found)
	}
}
