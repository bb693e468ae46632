package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

var bothScope = care.Scope{Tenant: "acme-health", Instance: "live"}

func openBoth(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, Options{})
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

// addBoth writes to both files in one transaction: a person to the one, an entry
// of some pages to the other.
func addBoth(ctx context.Context, db *DB, size int) error {
	return db.Update(ctx, func(tx store.Tx) error {
		n, err := tx.NextPerson(bothScope, 2026)
		if err != nil {
			return err
		}
		last, _, err := tx.AuditHead("acme-health")
		if err != nil {
			return err
		}
		at := time.Unix(0, 0).UTC()
		return errors.Join(
			tx.AppendAudit(store.AuditGroup{Chain: "acme-health", First: last + 1, Last: last + 1, From: at, Until: at, Lines: bytes.Repeat([]byte("x"), size)}),
			tx.CreateProvider(care.Provider{Scope: bothScope, ID: fmt.Sprintf("%08d-0000-4000-8000-000000000000", n%1e8), Number: n, LastName: "Okafor", CreatedAt: at, UpdatedAt: at}))
	})
}

func beginBoth(t *testing.T, db *DB) {
	t.Helper()
	err := db.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.CreateTenant(care.Tenant{Name: bothScope.Tenant}), tx.CreateInstance(care.Instance{Scope: bothScope, TimeZone: "UTC"}))
	})
	if err != nil {
		t.Fatal(err)
	}
}
