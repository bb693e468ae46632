package storetest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func auditTests() []test {
	return []test{
		{"A new chain's head is nothing", func(t *testing.T, s store.Store) {
			for _, chain := range []string{"", "acme-health", "no such tenant"} {
				seq, hash := head(t, s, chain)
				equal(t, seq, 0)
				equal(t, hash, [32]byte{})
			}
			equal(t, get(t, s, store.Tx.AuditChains), nil)
		}},
		{"A head is the last group's end, in the transaction that appended it too", auditHead},
		{"Only the head's successor can be appended", auditContiguous},
		{"Chains grow apart and are listed by name", func(t *testing.T, s store.Store) {
			chains := []string{"", "acme-health", "b", "b-1", "birch-clinic"}
			for i, chain := range []string{"b-1", "", "birch-clinic", "acme-health", "b"} {
				for range i + 1 {
					update(t, s, func(tx store.Tx) error { return appendNext(tx, chain, 2, epoch, "") })
				}
				seq, _ := head(t, s, chain)
				equal(t, seq, int64(2*(i+1)))
			}
			equal(t, get(t, s, store.Tx.AuditChains), chains)
		}},
		{"Groups after a number begin with the one that holds its successor", auditAfter},
		{"Entries of several writers at once are one chain without gaps", auditAtOnce},
		{"An undone append leaves the head", func(t *testing.T, s store.Store) {
			update(t, s, func(tx store.Tx) error { return appendNext(tx, "acme-health", 1, epoch, "") })
			seq, hash := head(t, s, "acme-health")
			_ = s.Update(within(t), func(tx store.Tx) error {
				_ = appendNext(tx, "acme-health", 5, epoch, "")
				return errUndo
			})
			again, same := head(t, s, "acme-health")
			equal(t, again, seq)
			equal(t, same, hash)
			verifyChain(t, s, "acme-health")
		}},
		{"A patient's groups are all found, indexed or not", auditOfModel},
		{"Once indexed, most of what is not about a patient is left out", auditIndexNarrows},
		{"Indexing that fails is done again", auditIndexFails},
		{"A group's lines may be large", func(t *testing.T, s store.Store) {
			g := store.AuditGroup{Chain: "c", First: 1, Last: 1, From: epoch, Until: epoch, Lines: bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)}
			update(t, s, func(tx store.Tx) error { return tx.AppendAudit(g) })
			equal(t, get(t, s, func(tx store.Tx) ([]store.AuditGroup, error) { return tx.AuditGroups("c", 0, 1) }), []store.AuditGroup{g})
		}},
	}
}

func head(t tb, s store.Store, chain string) (int64, [32]byte) {
	t.Helper()
	var seq int64
	var hash [32]byte
	view(t, s, func(tx store.Tx) (err error) {
		seq, hash, err = tx.AuditHead(chain)
		return err
	})
	return seq, hash
}

// appendNext appends a group of n entries after the head, about patients, with
// a hash over the one before.
func appendNext(tx store.Tx, chain string, n int, at time.Time, patients ...string) error {
	g, err := nextGroup(tx, chain, n, at, patients...)
	if err != nil {
		return err
	}
	return tx.AppendAudit(g)
}

func nextGroup(tx store.Tx, chain string, n int, at time.Time, patients ...string) (store.AuditGroup, error) {
	seq, hash, err := tx.AuditHead(chain)
	if err != nil {
		return store.AuditGroup{}, err
	}
	lines := []byte(strings.Join(patients, "\n") + "\n")
	return store.AuditGroup{
		Chain: chain, First: seq + 1, Last: seq + int64(n), From: at, Until: at.Add(time.Duration(n-1) * time.Second),
		Hash: sha256.Sum256(append(hash[:], lines...)), Lines: lines,
	}, nil
}

// subjects reads back what appendNext wrote.
func subjects(g store.AuditGroup) ([]string, error) {
	return strings.Fields(string(g.Lines)), nil
}

// verifyChain ends the test unless the chain is whole: contiguous from one to
// its head, each hash over the one before. It returns the groups.
func verifyChain(t tb, s store.Store, chain string) []store.AuditGroup {
	t.Helper()
	var groups []store.AuditGroup
	var after int64
	var hash [32]byte
	for {
		page := get(t, s, func(tx store.Tx) ([]store.AuditGroup, error) { return tx.AuditGroups(chain, after, 7) })
		for _, g := range page {
			want := sha256.Sum256(append(hash[:], g.Lines...))
			if g.Chain != chain || g.First != after+1 || g.Last < g.First || g.Hash != want {
				t.Fatalf("after entry %d: a group of %q from %d to %d, its hash right: %v", after, g.Chain, g.First, g.Last, g.Hash == want)
			}
			after, hash = g.Last, g.Hash
		}
		if groups = append(groups, page...); len(page) < 7 {
			break
		}
	}
	seq, last := head(t, s, chain)
	equal(t, seq, after)
	equal(t, last, hash)
	return groups
}

func auditHead(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		for i := range 3 {
			g, err := nextGroup(tx, "acme-health", i+1, at(i), "p")
			if err == nil {
				err = tx.AppendAudit(g)
			}
			if err != nil {
				return err
			}
			seq, hash, err := tx.AuditHead("acme-health")
			if err != nil {
				return err
			}
			if seq != g.Last || hash != g.Hash {
				return fmt.Errorf("the head is %d after a group that ends with %d", seq, g.Last)
			}
		}
		return nil
	})
	equal(t, len(verifyChain(t, s, "acme-health")), 3)
}

func auditContiguous(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error { return appendNext(tx, "acme-health", 3, epoch, "") })
	for _, first := range []int64{-1, 0, 1, 2, 3, 5, 1 << 40} {
		refused(t, s, care.KindConflict, func(tx store.Tx) error {
			return tx.AppendAudit(store.AuditGroup{Chain: "acme-health", First: first, Last: first, From: epoch, Until: epoch, Lines: []byte("{}\n")})
		})
	}
	for _, first := range []int64{0, 2, 4} {
		refused(t, s, care.KindConflict, func(tx store.Tx) error {
			return tx.AppendAudit(store.AuditGroup{Chain: "new", First: first, Last: first, From: epoch, Until: epoch, Lines: []byte("{}\n")})
		})
	}
	equal(t, get(t, s, store.Tx.AuditChains), []string{"acme-health"})
	update(t, s, func(tx store.Tx) error { return appendNext(tx, "acme-health", 1, epoch, "") })
	equal(t, len(verifyChain(t, s, "acme-health")), 2)
}

func auditAfter(t *testing.T, s store.Store) {
	sizes := []int{1, 3, 1, 4, 2}
	for _, n := range sizes {
		update(t, s, func(tx store.Tx) error { return appendNext(tx, "c", n, epoch, "p") })
	}
	all := verifyChain(t, s, "c")
	for after := int64(0); after <= 12; after++ {
		want := slices.Clone(all)
		for len(want) > 0 && want[0].Last <= after {
			want = want[1:]
		}
		for _, limit := range []int{1, 2, 100} {
			got := get(t, s, func(tx store.Tx) ([]store.AuditGroup, error) { return tx.AuditGroups("c", after, limit) })
			equal(t, got, want[:min(limit, len(want))])
		}
	}
	equal(t, get(t, s, func(tx store.Tx) ([]store.AuditGroup, error) { return tx.AuditGroups("d", 0, 10) }), nil)
}

func auditAtOnce(t *testing.T, s store.Store) {
	const goroutines, each = 6, 12
	together(t, goroutines, func(g int) error {
		for i := range each {
			err := s.Update(within(t), func(tx store.Tx) error {
				if err := appendNext(tx, "acme-health", 1+(g+i)%3, at(i), fmt.Sprint(g, i)); err != nil {
					return err
				}
				if i%4 == 3 {
					return errUndo
				}
				return nil
			})
			if err != nil && err != errUndo {
				return err
			}
		}
		return nil
	})
	equal(t, len(verifyChain(t, s, "acme-health")), goroutines*each*3/4)
}

// about returns every group that may be about patient, page by page.
func about(t tb, s store.Store, chain, patient string, from, until *time.Time, limit int) []store.AuditGroup {
	t.Helper()
	var all []store.AuditGroup
	var after int64
	for {
		page := get(t, s, func(tx store.Tx) ([]store.AuditGroup, error) {
			return tx.AuditGroupsOf(chain, patient, from, until, after, limit)
		})
		if len(page) > limit {
			t.Fatalf("%d groups where at most %d were asked for", len(page), limit)
		}
		for _, g := range page {
			if g.Last <= after || len(all) > 0 && g.First <= all[len(all)-1].Last {
				t.Fatalf("groups out of order: %d to %d after %d", g.First, g.Last, after)
			}
			all = append(all, g)
		}
		if len(page) == 0 {
			return all
		}
		after = page[len(page)-1].Last
	}
}

// auditOfModel appends groups about random patients, indexes some of them, and
// asks for one patient's in a span of time. More may come back; never less.
func auditOfModel(t *testing.T, s store.Store) {
	n := 0
	patients := []string{uid("p", 1), uid("p", 2), uid("p", 3), uid("p", 4)}
	rapid.Check(t, func(t *rapid.T) {
		n++
		chain := fmt.Sprint("chain-", n)
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			var steps []func(store.Tx) error
			for range rapid.IntRange(0, 6).Draw(t, "groups") {
				of := rapid.SliceOfNDistinct(rapid.SampledFrom(patients), 0, 3, rapid.ID).Draw(t, "of")
				when, entries := at(rapid.IntRange(0, 10).Draw(t, "when")), rapid.IntRange(1, 3).Draw(t, "entries")
				steps = append(steps, func(tx store.Tx) error { return appendNext(tx, chain, entries, when, of...) })
			}
			if rapid.Bool().Draw(t, "index") {
				atMost := rapid.IntRange(1, 5).Draw(t, "at most")
				steps = append(steps, func(tx store.Tx) error {
					_, err := tx.IndexAudit(chain, atMost, subjects)
					return err
				})
			}
			update(t, s, func(tx store.Tx) error { return inOrder(tx, steps) })
			all := verifyChain(t, s, chain)
			var from, until *time.Time
			if rapid.Bool().Draw(t, "from?") {
				from = ptr(at(rapid.IntRange(-1, 13).Draw(t, "from")))
			}
			if rapid.Bool().Draw(t, "until?") {
				until = ptr(at(rapid.IntRange(-1, 13).Draw(t, "until")))
			}
			patient := rapid.SampledFrom(patients).Draw(t, "patient")
			got := about(t, s, chain, patient, from, until, rapid.IntRange(1, 4).Draw(t, "limit"))
			for _, g := range all {
				overlaps := (from == nil || !g.Until.Before(*from)) && (until == nil || g.From.Before(*until))
				of, _ := subjects(g)
				i := slices.IndexFunc(got, func(h store.AuditGroup) bool { return h.First == g.First })
				if i < 0 && overlaps && slices.Contains(of, patient) {
					t.Fatalf("the group from %d to %d was left out", g.First, g.Last)
				}
				if i >= 0 {
					equal(t, got[i], g)
					equal(t, overlaps, true)
				}
			}
		}
	})
}

func indexAll(t tb, s store.Store, chain string, limit int) {
	t.Helper()
	for more, rounds := true, 0; more; rounds++ {
		update(t, s, func(tx store.Tx) (err error) {
			more, err = tx.IndexAudit(chain, limit, subjects)
			return err
		})
		if rounds > 1000 {
			t.Fatalf("indexing never ends")
		}
	}
}

func auditIndexNarrows(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		for n := range 200 {
			if err := appendNext(tx, "acme-health", 1, at(n), uid("p", n%50)); err != nil {
				return err
			}
		}
		return appendNext(tx, "birch-clinic", 1, epoch, uid("p", 7))
	})
	indexAll(t, s, "acme-health", 30)
	got := about(t, s, "acme-health", uid("p", 7), nil, nil, 10)
	if len(got) < 4 || len(got) > 50 {
		t.Fatalf("%d groups of 200 where 4 are about the patient", len(got))
	}
	update(t, s, func(tx store.Tx) error { return appendNext(tx, "acme-health", 1, epoch, uid("p", 7)) })
	got = about(t, s, "acme-health", uid("p", 7), nil, nil, 10)
	equal(t, got[len(got)-1].Last, 201)
	indexAll(t, s, "acme-health", 1)
	again := about(t, s, "acme-health", uid("p", 7), nil, nil, 10)
	equal(t, again[len(again)-1].Last, 201)
}

func auditIndexFails(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		for n := range 6 {
			if err := appendNext(tx, "c", 1, at(n), "p"); err != nil {
				return err
			}
		}
		return nil
	})
	broken := errors.New("cannot be read")
	calls := 0
	err := s.Update(within(t), func(tx store.Tx) error {
		_, err := tx.IndexAudit("c", 10, func(g store.AuditGroup) ([]string, error) {
			if calls++; calls == 3 {
				return nil, broken
			}
			return subjects(g)
		})
		return err
	})
	if !errors.Is(err, broken) {
		t.Fatalf("want %v, got %v", broken, err)
	}
	equal(t, len(about(t, s, "c", "p", nil, nil, 2)), 6)
	indexAll(t, s, "c", 4)
	equal(t, len(about(t, s, "c", "p", nil, nil, 2)), 6)
}
