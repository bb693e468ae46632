package storetest

import (
	"fmt"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// done is what Once keeps.
type done struct {
	fingerprint string
	result      []byte
}

func readDone(tx store.Tx, s care.Scope, actor, key string) (d done, err error) {
	d.fingerprint, d.result, err = tx.Done(s, actor, key)
	return d, err
}

func onceTests() []test {
	return []test{
		{"What was done under a key is kept whole, an empty result too", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			for i, result := range [][]byte{[]byte("{}"), {}, nil, {0, 0xff, '\n', 0}, make([]byte, 1<<20)} {
				key := fmt.Sprint(i)
				update(t, s, func(tx store.Tx) error { return tx.SetDone(c.Scope, "actor", key, "print "+key, result, epoch) })
				view(t, s, func(tx store.Tx) error {
					d, err := readDone(tx, c.Scope, "actor", key)
					if err == nil && (d.fingerprint != "print "+key || string(d.result) != string(result)) {
						err = fmt.Errorf("key %s came back with %q and %d bytes", key, d.fingerprint, len(d.result))
					}
					return err
				})
			}
		}},
		{"A key that is taken is a conflict and keeps what it had", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			set := func(print string) func(store.Tx) error {
				return func(tx store.Tx) error { return tx.SetDone(c.Scope, "actor", "key", print, []byte(print), epoch) }
			}
			update(t, s, set("first"))
			refused(t, s, care.KindConflict, set("second"))
			refused(t, s, care.KindConflict, set("first"))
			view(t, s, func(tx store.Tx) error {
				d, err := readDone(tx, c.Scope, "actor", "key")
				if err == nil && d.fingerprint != "first" {
					err = fmt.Errorf("the key now has %q", d.fingerprint)
				}
				return err
			})
		}},
		{"A key belongs to one actor of one instance", func(t *testing.T, s store.Store) {
			live, sandbox := openClinic(t, s, "acme-health", "live"), openClinic(t, s, "acme-health", "sandbox")
			update(t, s, func(tx store.Tx) error { return tx.SetDone(live.Scope, "ab", "c", "1", nil, epoch) })
			for _, other := range []struct {
				scope      care.Scope
				actor, key string
			}{{live.Scope, "a", "bc"}, {live.Scope, "ab", "C"}, {live.Scope, "", "c"}, {live.Scope, "ab", ""}, {sandbox.Scope, "ab", "c"}} {
				absent(t, s, func(tx store.Tx) (done, error) { return readDone(tx, other.scope, other.actor, other.key) })
				update(t, s, func(tx store.Tx) error { return tx.SetDone(other.scope, other.actor, other.key, "2", nil, epoch) })
			}
		}},
		{"Of several who set one key at once, one does", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			won := make([]bool, 8)
			together(t, len(won), func(g int) error {
				err := s.Update(within(t), func(tx store.Tx) error { return tx.SetDone(c.Scope, "actor", "key", fmt.Sprint(g), nil, epoch) })
				won[g] = err == nil
				if err != nil && care.KindOf(err) != care.KindConflict {
					return err
				}
				return nil
			})
			winners := 0
			for g, w := range won {
				if w {
					winners++
					equal(t, get(t, s, func(tx store.Tx) (done, error) { return readDone(tx, c.Scope, "actor", "key") }).fingerprint, fmt.Sprint(g))
				}
			}
			equal(t, winners, 1)
		}},
		{"Only what was done before the time is deleted, so much at once", onceDeleted},
	}
}

func onceDeleted(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	update(t, s, func(tx store.Tx) error {
		for n := range 7 {
			if err := tx.SetDone(c.Scope, "actor", fmt.Sprint(n), "", nil, at(n)); err != nil {
				return err
			}
		}
		return nil
	})
	deleted := func(before time.Time, limit int) (n int) {
		update(t, s, func(tx store.Tx) (err error) {
			n, err = tx.DeleteDone(before, limit)
			return err
		})
		return n
	}
	for _, want := range []int{3, 2, 0} {
		equal(t, deleted(at(5), 3), want)
	}
	for n := range 7 {
		err := failure(t, s, func(tx store.Tx) (done, error) { return readDone(tx, c.Scope, "actor", fmt.Sprint(n)) })
		if gone := care.IsNotFound(err); gone != (n < 5) {
			t.Errorf("what was done at +%d: gone is %v", n, gone)
		}
	}
	update(t, s, func(tx store.Tx) error { return tx.SetDone(c.Scope, "actor", "0", "again", nil, at(9)) })
}
