package contracttest

import (
	"path/filepath"
	"strings"
	"testing"

	"chartline/internal/store/postgres/pgtest"
	"chartline/internal/testkit"
)

// The contracts hold on PostgreSQL as on SQLite: every conversation again.
func TestEveryConversationIsAnsweredAsWrittenFromPostgreSQL(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	planted := server.Database(t)
	kept := &keptWorld{}
	kept.plant(t, testkit.Options{Postgres: planted})
	pattern := server.Copy(t, planted)
	for _, c := range conversations(t) {
		name, err := filepath.Rel(filepath.Join(root, "testdata", "contract"), c.file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			t.Parallel()
			replayFrom(t, kept, c, testkit.Options{Postgres: server.Copy(t, pattern)})
		})
	}
}
