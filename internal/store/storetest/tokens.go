package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func tokenTests() []test {
	return []test{
		{"A token is found by its hash whatever its age", func(t *testing.T, s store.Store) {
			c, client := openClient(t, s)
			old := c.token(client.Name, 1, epoch.AddDate(-100, 0, 0))
			update(t, s, func(tx store.Tx) error { return tx.CreateToken(old) })
			equal(t, get(t, s, func(tx store.Tx) (care.Token, error) { return tx.Token(old.Hash) }), old)
			near := old.Hash
			near[31] ^= 1
			for _, hash := range [][32]byte{{}, near} {
				absent(t, s, func(tx store.Tx) (care.Token, error) { return tx.Token(hash) })
			}
		}},
		{"Tokens are counted from the given time on, with the oldest among them", tokensCounted},
		{"Deleting a client's tokens leaves other clients'", func(t *testing.T, s store.Store) {
			c, client := openClient(t, s)
			other := c.client(2)
			mine, theirs := c.token(client.Name, 1, epoch), c.token(other.Name, 1, epoch)
			update(t, s, func(tx store.Tx) error {
				return all(
					func() error { return tx.CreateClient(other) },
					func() error { return tx.CreateToken(mine) },
					func() error { return tx.CreateToken(c.token(client.Name, 2, at(1))) },
					func() error { return tx.CreateToken(theirs) },
				)
			})
			for range 2 {
				update(t, s, func(tx store.Tx) error { return tx.DeleteTokens(client.Name) })
			}
			absent(t, s, func(tx store.Tx) (care.Token, error) { return tx.Token(mine.Hash) })
			equal(t, get(t, s, func(tx store.Tx) (care.Token, error) { return tx.Token(theirs.Hash) }), theirs)
			update(t, s, func(tx store.Tx) error { return tx.DeleteTokens("nobody") })
		}},
		{"Only tokens that expired before the time are deleted, so many at once", expiredTokensDeleted},
		{"Attempts are counted in windows as a slow model counts them", attemptsModel},
		{"Attempts that come at once are all counted", attemptsAtOnce},
		{"Only windows that began before the time are deleted, so many at once", attemptsDeleted},
	}
}

func issued(t tb, s store.Store, client string, since time.Time) (int, time.Time) {
	t.Helper()
	var n int
	var oldest time.Time
	view(t, s, func(tx store.Tx) (err error) {
		n, oldest, err = tx.TokensIssued(client, since)
		return err
	})
	return n, oldest
}

func tokensCounted(t *testing.T, s store.Store) {
	c, client := openClient(t, s)
	other := c.client(2)
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreateClient(other); err != nil {
			return err
		}
		for i, n := range []int{30, 10, 20, 20} {
			if err := tx.CreateToken(c.token(client.Name, i, at(n))); err != nil {
				return err
			}
		}
		return tx.CreateToken(c.token(other.Name, 1, at(25)))
	})
	for _, c := range []struct {
		since  time.Time
		n      int
		oldest time.Time
	}{
		{at(0), 4, at(10)},
		{at(10), 4, at(10)},
		{at(10).Add(time.Microsecond), 3, at(20)},
		{at(20), 3, at(20)},
		{at(21), 1, at(30)},
		{at(30).Add(time.Microsecond), 0, time.Time{}},
	} {
		n, oldest := issued(t, s, client.Name, c.since)
		if n != c.n || (c.n > 0 && !oldest.Equal(c.oldest)) {
			t.Errorf("since %v: %d, %v; want %d, %v", c.since, n, oldest, c.n, c.oldest)
		}
	}
}

func expiredTokensDeleted(t *testing.T, s store.Store) {
	c, client := openClient(t, s)
	var hashes [7][32]byte
	update(t, s, func(tx store.Tx) error {
		for n := range hashes {
			tok := c.token(client.Name, n, at(n))
			tok.ExpiresAt = at(100 + n)
			hashes[n] = tok.Hash
			if err := tx.CreateToken(tok); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{3, 2, 0} {
		var n int
		update(t, s, func(tx store.Tx) (err error) {
			n, err = tx.DeleteExpiredTokens(at(105), 3)
			return err
		})
		equal(t, n, want)
	}
	for i, hash := range hashes {
		err := failure(t, s, func(tx store.Tx) (care.Token, error) { return tx.Token(hash) })
		if gone := care.IsNotFound(err); gone != (i < 5) {
			t.Errorf("token that expires at +%d: gone is %v", 100+i, gone)
		}
	}
}

// attemptsModel drives windows of one length that open, fill, pass and are
// deleted, beside the obvious model of them.
func attemptsModel(t *testing.T, s store.Store) {
	type window struct {
		began time.Time
		count int
	}
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		model := map[string]window{}
		now := epoch
		update(t, s, func(tx store.Tx) error { _, err := tx.DeleteAttempts(epoch.AddDate(1000, 0, 0), 1000); return err })
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "pass")) * time.Minute)
			key := rapid.SampledFrom([]string{"a", "a ", "A", "é", "127.0.0.1 client", ""}).Draw(t, "key")
			start := now.Add(-2 * time.Minute)
			w := model[key]
			if w.count == 0 || w.began.Before(start) {
				w = window{began: now}
			}
			var n int
			var began time.Time
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			default:
				w.count++
				model[key] = w
				update(t, s, func(tx store.Tx) (err error) { n, began, err = tx.CountAttempt(key, start, now); return err })
			case 1, 2:
				view(t, s, func(tx store.Tx) (err error) { n, began, err = tx.Attempts(key, start); return err })
			case 3:
				want := 0
				for k, v := range model {
					if v.began.Before(start) {
						delete(model, k)
						want++
					}
				}
				update(t, s, func(tx store.Tx) (err error) { n, err = tx.DeleteAttempts(start, 100); return err })
				equal(t, n, want)
				continue
			}
			if n != w.count || (n > 0 && !began.Equal(w.began)) {
				t.Fatalf("%q at %v: %d since %v, want %d since %v", key, now, n, began, w.count, w.began)
			}
		}
	})
}

func attemptsAtOnce(t *testing.T, s store.Store) {
	const goroutines, each = 8, 10
	var mu sync.Mutex
	seen := map[int]bool{}
	together(t, goroutines, func(int) error {
		for i := range each {
			var n int
			err := s.Update(within(t), func(tx store.Tx) (err error) {
				n, _, err = tx.CountAttempt("one", epoch, at(i))
				return err
			})
			mu.Lock()
			again := seen[n]
			seen[n] = true
			mu.Unlock()
			if err != nil || again {
				return fmt.Errorf("count %d, given before: %v, %w", n, again, err)
			}
		}
		return nil
	})
	equal(t, len(seen), goroutines*each)
}

func attemptsDeleted(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		for n := range 6 {
			if _, _, err := tx.CountAttempt(fmt.Sprint(n), at(n), at(n)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{3, 2, 0} {
		var n int
		update(t, s, func(tx store.Tx) (err error) {
			n, err = tx.DeleteAttempts(at(5), 3)
			return err
		})
		equal(t, n, want)
	}
	var n int
	view(t, s, func(tx store.Tx) (err error) {
		n, _, err = tx.Attempts("5", at(5))
		return err
	})
	equal(t, n, 1)
}
