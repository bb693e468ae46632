package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
)

// twoTenants fills a database with a patient of each of two tenants.
func twoTenants(t *testing.T, db *postgres.DB) {
	t.Helper()
	now := care.Truncate(time.Date(2026, time.March, 18, 15, 0, 0, 0, time.UTC))
	err := db.Update(t.Context(), func(tx store.Tx) error {
		for i, tenant := range []string{"acme-health", "other-health"} {
			scope := care.Scope{Tenant: tenant, Instance: "live"}
			p := care.Patient{Scope: scope, ID: "00000000-0000-4000-8000-00000000000" + string(rune('1'+i)), Number: 202600000001,
				FirstName: "Rosa", LastName: "Lindqvist", CreatedAt: now, UpdatedAt: now}
			err := errors.Join(tx.CreateTenant(care.Tenant{Name: tenant, CreatedAt: now}),
				tx.CreateInstance(care.Instance{Scope: scope, TimeZone: "UTC", CreatedAt: now}), tx.CreatePatient(p))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// counted is how many patients a connection sees that says nothing of a WHERE.
func counted(t *testing.T, at string, settings map[string]string) (n int) {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, value := range settings {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM patient").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A statement that forgot its WHERE, sent past the whole query layer with the
// server's own credentials, gets nothing, or its own tenant's rows at most.
func TestAForgottenWHEREReturnsNothing(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	db := open(t, at)
	defer db.Close()
	twoTenants(t, db)
	for _, check := range []struct {
		what     string
		settings map[string]string
		want     int
	}{
		{"a connection that says nothing", nil, 0},
		{"one tenant and no instance", map[string]string{"chartline.tenant": "acme-health"}, 0},
		{"one tenant's instance", map[string]string{"chartline.tenant": "acme-health", "chartline.instance": "live"}, 1},
		{"another instance of it", map[string]string{"chartline.tenant": "acme-health", "chartline.instance": "sandbox"}, 0},
		{"the whole installation", map[string]string{"chartline.tenant": "*", "chartline.instance": "*"}, 2},
	} {
		if got := counted(t, at, check.settings); got != check.want {
			t.Errorf("%s: %d patients, want %d", check.what, got, check.want)
		}
	}
	// The same through the store: a question about another tenant, asked within
	// one's own, finds nothing although its WHERE would.
	own := store.Within(t.Context(), care.Scope{Tenant: "acme-health", Instance: "live"})
	other := care.Scope{Tenant: "other-health", Instance: "live"}
	for what, run := range map[string]func(context.Context, func(store.Tx) error) error{
		"View": db.View, "Update": db.Update,
		"View alone": func(ctx context.Context, fn func(store.Tx) error) error { return db.View(store.Alone(ctx), fn) },
	} {
		err := run(own, func(tx store.Tx) error {
			_, err := tx.PatientByNumber(other, 202600000001)
			return err
		})
		if !care.IsNotFound(err) {
			t.Errorf("%s went through the wall: %v", what, err)
		}
	}
}

func TestEveryTableWithATenantHasTheWall(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	db, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var with, walled int
	err = db.QueryRowContext(t.Context(), `SELECT count(*), count(*) FILTER (WHERE c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' WHERE c.relkind = 'r'`).Scan(&with, &walled)
	if err != nil || with < 20 || with != walled {
		t.Errorf("%d tables have a tenant, %d of them the wall (%v)", with, walled, err)
	}
}
