package postgres_test

import (
	"testing"
	"time"

	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
	"chartline/internal/store/storetest"
)

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, "", postgres.Options{Connections: 4, StatementTimeout: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestTheStoreConforms(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	storetest.Run(t,
		func(t *testing.T) store.Store { return open(t, c.Database(t)) },
		storetest.Capabilities{
			Shared: func(t *testing.T) func() store.Store {
				url := c.Database(t)
				return func() store.Store { return open(t, url) }
			},
		})
}
