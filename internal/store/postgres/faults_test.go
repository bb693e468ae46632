package postgres_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
)

func tenant(n int) care.Tenant {
	return care.Tenant{Name: fmt.Sprintf("tenant-%04d", n), CreatedAt: care.Truncate(time.Date(2026, time.March, 18, 15, 0, 0, 0, time.UTC))}
}

func create(t *testing.T, db *postgres.DB, n int) error {
	t.Helper()
	return db.Update(t.Context(), func(tx store.Tx) error { return tx.CreateTenant(tenant(n)) })
}

// F22: the server crashes and comes back, several times, under load.
func TestWhatWasAcknowledgedSurvivesACrashOfTheServer(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t, "fsync=on")
	db := open(t, c.Database(t))
	defer db.Close()
	var (
		mu           sync.Mutex
		acknowledged []int
		wg           sync.WaitGroup
		stop         = make(chan struct{})
	)
	// goOn waits until some more writes have been acknowledged.
	goOn := func() {
		t.Helper()
		count := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged)
		}
		for before, end := count(), time.Now().Add(3*time.Minute); count() < before+20; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("nothing is acknowledged any more")
			}
		}
	}
	// However the test ends, its workers do before the database goes.
	defer wg.Wait()
	finish := sync.OnceFunc(func() { close(stop) })
	defer finish()
	for worker := range 4 {
		wg.Go(func() {
			for n := worker * 1_000_000; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				switch err := create(t, db, n); {
				case err == nil:
					mu.Lock()
					acknowledged = append(acknowledged, n)
					mu.Unlock()
				case care.KindOf(err) != care.KindUnavailable:
					t.Errorf("a write while the server was away: %v", err)
					return
				default:
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	for range 3 {
		goOn()
		if err := errors.Join(c.Stop(syscall.SIGQUIT), c.Run()); err != nil {
			t.Fatal(err)
		}
	}
	goOn()
	finish()
	wg.Wait()
	err := db.View(t.Context(), func(tx store.Tx) error {
		for _, n := range acknowledged {
			if _, err := tx.Tenant(tenant(n).Name); err != nil {
				return fmt.Errorf("%s was acknowledged: %w", tenant(n).Name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Connections that the server ended while they rested are replaced unnoticed.
func TestAnEndedConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	db := open(t, at)
	defer db.Close()
	if err := create(t, db, 1); err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", c.Admin(t, at))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for n := 2; n < 6; n++ {
		if _, err := admin.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'chartline'"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond) // longer than a connection is trusted unseen
		if err := errors.Join(create(t, db, n), db.Check(t.Context())); err != nil {
			t.Errorf("after the connections were ended: %v", err)
		}
	}
}

// Two nodes append to one audit chain at once: no entry lost, none out of order.
func TestTwoNodesShareAnAuditChain(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	nodes := []*postgres.DB{open(t, at), open(t, at)}
	const each = 50
	var wg sync.WaitGroup
	for _, db := range nodes {
		defer db.Close()
		wg.Go(func() {
			for range each {
				err := db.Update(t.Context(), func(tx store.Tx) error {
					seq, _, err := tx.AuditHead("acme-health")
					if err != nil {
						return err
					}
					return tx.AppendAudit(store.AuditGroup{Chain: "acme-health", First: seq + 1, Last: seq + 1, Lines: []byte("{}")})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	err := nodes[0].View(t.Context(), func(tx store.Tx) error {
		seq, _, err := tx.AuditHead("acme-health")
		if err == nil && seq != 2*each {
			err = fmt.Errorf("the head is %d, want %d", seq, 2*each)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTwoMigrationsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Empty(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			db, err := postgres.Open(t.Context(), at, "", postgres.Options{Connections: 1})
			if err == nil {
				err = errors.Join(db.Check(t.Context()), db.Verify(t.Context()), db.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestDatabasesThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	newer, foreign := c.Database(t), c.Empty(t)
	for at, statement := range map[string]string{
		newer:   "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)",
		foreign: "CREATE TABLE somebody_elses (id int)",
	} {
		db, err := sql.Open("pgx", at)
		if err == nil {
			_, err = db.ExecContext(t.Context(), statement)
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	secret := "a-password-that-must-not-be-shown" // #nosec G101 -- of nobody
	for at, want := range map[string]error{
		newer: postgres.ErrNewer, foreign: postgres.ErrForeign,
		c.Admin(t, c.Empty(t)): postgres.ErrUnfit,
		"postgres://u:" + secret + "@127.0.0.1:1/x?connect_timeout=1":     nil,
		"postgres://u:" + secret + "@127.0.0.1:1/x?sslmode=not-one-of-it": nil,
	} {
		_, err := postgres.Open(t.Context(), at, "", postgres.Options{Connections: 1})
		if err == nil || want != nil && !errors.Is(err, want) || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
