package postgres_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
)

// beside opens a database that is also read from a standby.
func beside(t *testing.T, at, standby string, staleness time.Duration) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), at, "", postgres.Options{Connections: 4, Standby: &postgres.StandbyOptions{URL: standby, Staleness: staleness}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// tenantThere looks for a tenant wherever a read may.
func tenantThere(ctx context.Context, db *postgres.DB, n int) error {
	return db.View(store.Elsewhere(ctx), func(tx store.Tx) error {
		_, err := tx.Tenant(tenant(n).Name)
		return err
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// readsThere waits until a read is answered by the standby.
func readsThere(t *testing.T, db *postgres.DB) {
	t.Helper()
	before := db.Standby().Reads
	eventually(t, "no read is answered by the standby", func() bool {
		if err := tenantThere(t.Context(), db, 0); err != nil && !care.IsNotFound(err) {
			t.Fatal(err)
		}
		return db.Standby().Reads > before
	})
}

// Whoever was told that something is there finds it, by whatever node, and
// wherever it reads; what the standby lacks comes from the primary.
func TestAReadFromAStandbyMissesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	s := c.Standby(t, "one")
	t.Run("of any process", func(t *testing.T) { missesNothing(t, c, s) })
	t.Run("or of its own, and for a bounded time", func(t *testing.T) { missesNothingOfItsOwn(t, c, s) })
	t.Run("and sees nobody else's", func(t *testing.T) { wallStands(t, c, s) })
}

func missesNothing(t *testing.T, c, s *pgtest.Cluster) {
	at := c.Database(t)
	writer, reader := open(t, at), beside(t, at, s.At(t, at), 0)
	defer writer.Close()
	readsThere(t, reader)
	write := func(db *postgres.DB, n int) {
		if err := create(t, db, n); err != nil {
			t.Fatal(err)
		}
		if err := tenantThere(t.Context(), reader, n); err != nil {
			t.Fatalf("tenant %d: %v", n, err)
		}
	}
	for n := range 100 {
		write([]*postgres.DB{writer, reader}[n%2], n)
	}
	if err := tenantThere(t.Context(), reader, 9999); !care.IsNotFound(err) {
		t.Errorf("what is not there: %v", err)
	}

	// A standby that stands still is not read from.
	s.Do(t, at, "SELECT pg_wal_replay_pause()")
	for n := 200; n < 210; n++ {
		write(writer, n)
	}
	eventually(t, "a standby that stands still is said to be used", func() bool { return unused(reader) != nil && strings.Contains(unused(reader).Error(), "behind") })
	s.Do(t, at, "SELECT pg_wal_replay_resume()")
	readsThere(t, reader)
}

func unused(d *postgres.DB) error { return d.Standby().Why }

// What others wrote may be missed for as long as was allowed, what this process wrote
// never.
func missesNothingOfItsOwn(t *testing.T, c, s *pgtest.Cluster) {
	at := c.Database(t)
	const bound = 400 * time.Millisecond
	other, reader := open(t, at), beside(t, at, s.At(t, at), bound)
	defer other.Close()
	readsThere(t, reader)
	for n := range 50 {
		if err := errors.Join(create(t, reader, n), tenantThere(t.Context(), reader, n)); err != nil {
			t.Fatalf("tenant %d: %v", n, err)
		}
	}
	s.Do(t, at, "SELECT pg_wal_replay_pause()")
	if err := create(t, other, 100); err != nil {
		t.Fatal(err)
	}
	time.Sleep(bound)
	if err := tenantThere(t.Context(), reader, 100); err != nil {
		t.Errorf("after the bound: %v", err)
	}
	s.Do(t, at, "SELECT pg_wal_replay_resume()")
}

// The standby dies and comes back, again and again: no read fails, and it is read
// from again.
func TestLosingTheStandbyFailsNoRead(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	s := c.Standby(t, "one")
	reader := beside(t, at, s.At(t, at), 0)
	if err := create(t, reader, 0); err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := tenantThere(context.WithoutCancel(t.Context()), reader, 0); err != nil {
				t.Errorf("a read fails: %v", err)
				return
			}
		}
	}()
	for _, how := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGINT} {
		readsThere(t, reader)
		if err := s.Stop(how); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a standby that is gone is said to be used", func() bool { return unused(reader) != nil })
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
	}
	readsThere(t, reader)
	close(stop)
	<-ended
}

// Servers that do not follow the primary are not read from, and say so.
func TestOnlyAStandbyOfThePrimaryIsReadFrom(t *testing.T) {
	t.Parallel()
	c, foreign := pgtest.Start(t), pgtest.Start(t)
	at := c.Database(t)
	s := c.Standby(t, "one")
	elsewhere, of := foreign.Standby(t, "one"), foreign.Database(t)
	for range 3 { // it is ahead, by the numbers
		foreign.Do(t, of, "SELECT pg_create_restore_point('here')")
		foreign.Do(t, of, "SELECT pg_switch_wal()")
	}
	for what, check := range map[string]struct{ at, why string }{
		"the primary itself":         {at, "not a standby"},
		"another installation's":     {elsewhere.At(t, of), "does not follow"},
		"another database":           {s.At(t, c.Database(t)), "does not follow"},
		"a superuser's":              {s.Admin(t, at), "superuser"},
		"one that is not there":      {"postgres://chartline@127.0.0.1:1/x", "connect"},
		"another cluster's database": {s.At(t, "postgres:///nowhere?user=chartline"), "nowhere"},
	} {
		reader := beside(t, at, check.at, 0)
		eventually(t, what+" is not refused as it should be", func() bool { // it may have to come there first
			err := reader.LookAtStandby(t.Context())
			if err == nil {
				t.Fatalf("%s could be read from", what)
			}
			return strings.Contains(err.Error(), check.why)
		})
		if err := tenantThere(t.Context(), reader, 1); !care.IsNotFound(err) {
			t.Errorf("%s: a read: %v", what, err)
		}
		if n := reader.Standby().Reads; n > 0 {
			t.Errorf("%s: was read from", what)
		}
	}
}

// The wall between tenants stands on the standby too.
func wallStands(t *testing.T, c, s *pgtest.Cluster) {
	at := c.Database(t)
	reader := beside(t, at, s.At(t, at), 0)
	twoTenants(t, reader)
	readsThere(t, reader)
	own := store.Elsewhere(store.Within(t.Context(), care.Scope{Tenant: "acme-health", Instance: "live"}))
	eventually(t, "no read is answered by the standby", func() bool {
		before := reader.Standby().Reads
		for tenant, want := range map[string]bool{"acme-health": true, "other-health": false} {
			err := reader.View(own, func(tx store.Tx) error {
				_, err := tx.PatientByNumber(care.Scope{Tenant: tenant, Instance: "live"}, 202600000001)
				return err
			})
			if want && err != nil || !want && !care.IsNotFound(err) {
				t.Fatalf("%s: %v", tenant, err)
			}
		}
		return reader.Standby().Reads == before+2
	})
	if n := counted(t, s.At(t, at), nil); n != 0 {
		t.Errorf("a connection that says nothing sees %d patients", n)
	}
}
