package sqlite_test

import (
	"testing"

	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
	"chartline/internal/store/storetest"
)

func TestTheStoreConforms(t *testing.T) {
	t.Parallel()
	at := func(t *testing.T, path string) store.Store {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	storetest.Run(t,
		func(t *testing.T) store.Store { return at(t, sqlitetest.New(t)) },
		storetest.Capabilities{
			Shared: func(t *testing.T) func() store.Store {
				path := sqlitetest.New(t)
				return func() store.Store { return at(t, path) }
			},
			Damaged: func(t *testing.T) store.Store { return at(t, damagedDatabase(t)) },
		})
}
