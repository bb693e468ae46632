package oversight_test

import (
	"bytes"
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
)

const tenant = "acme-health"

var (
	noon     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	operator = care.Actor{Kind: care.ActorOperator, ID: "root", Origin: care.Origin{Via: "cli audit"}}
	officer  = care.Actor{
		Kind: care.ActorClient, ID: "officer", Tenant: tenant, Instances: []string{"live", "sandbox"},
		Grants: []care.Grant{{Tenant: tenant, Instance: "live", Name: care.GrantAuditRead}},
	}
)

// world is a database with a log, and what keeps watch over it.
type world struct {
	dir     string
	store   *sqlite.DB
	key     audit.Key
	file    *checkpoint.File
	gate    *gate.Gate
	service *oversight.Service
	keeper  *oversight.Keeper
}

func clock() time.Time { return noon }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	var err error
	if w.key, err = audit.NewKey(bytes.Repeat([]byte{1}, audit.KeySize)); err != nil {
		t.Fatal(err)
	}
	w.file = checkpoint.NewFile(filepath.Join(w.dir, "audit-checkpoints.jsonl"))
	w.open(t)
	return w
}

// open opens the database and begins anew, as a started server does.
func (w *world) open(t *testing.T) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlitetest.At(t, w.database()), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := gate.New(gate.Options{Store: db, Policy: policy.New(), Names: w.key.Hasher(), Now: clock})
	t.Cleanup(func() {
		g.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store, w.gate = db, g
	w.service = oversight.New(g, w.file, w.key.Public())
	w.keeper = oversight.NewKeeper(db, w.key, w.file, clock)
}

func (w *world) database() string { return filepath.Join(w.dir, "chartline.db") }

// auditLog is the file that the log is in.
func (w *world) auditLog() string { return sqlite.AuditPath(w.database()) }

// write appends entries to a chain as one group.
func (w *world) write(t testing.TB, chain string, entries ...care.AuditEntry) {
	t.Helper()
	if err := w.tryWrite(chain, entries...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) tryWrite(chain string, entries ...care.AuditEntry) error {
	return w.store.Update(context.Background(), func(tx store.Tx) error {
		seq, hash, err := tx.AuditHead(chain)
		if err != nil {
			return err
		}
		return tx.AppendAudit(store.AuditGroup(audit.Seal(chain, audit.Head{Seq: seq, Hash: hash}, entries)))
	})
}

// fill writes groups of the given sizes.
func (w *world) fill(t testing.TB, chain string, sizes ...int) {
	t.Helper()
	for _, size := range sizes {
		entries := make([]care.AuditEntry, size)
		for i := range entries {
			entries[i] = care.AuditEntry{At: noon, Actor: care.ActorClient, ActorID: "c1", Action: policy.RecordingRead, Outcome: care.OutcomeAllowed}
		}
		w.write(t, chain, entries...)
	}
}

// groups reads a chain past every door.
func (w *world) groups(t testing.TB, chain string) (groups []store.AuditGroup) {
	t.Helper()
	err := w.store.View(context.Background(), func(tx store.Tx) (err error) {
		groups, err = tx.AuditGroups(chain, 0, 100_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// entries reads a chain past every door.
func (w *world) entries(t testing.TB, chain string) (all []care.AuditEntry) {
	t.Helper()
	for _, g := range w.groups(t, chain) {
		if err := audit.Group(g).Walk(func(e care.AuditEntry, _ []byte) bool { all = append(all, e); return true }); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// checkpoint signs what there is.
func (w *world) checkpoint(t testing.TB) {
	t.Helper()
	if err := w.keeper.Checkpoint(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// tamper runs a statement on the database as somebody would who owns it.
func (w *world) tamper(t testing.TB, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.auditLog()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	result, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed nothing, %v", statement, err)
	}
}

// report verifies one chain.
func (w *world) report(t testing.TB, chain string) audit.Report {
	t.Helper()
	v, err := w.service.Verify(context.Background(), operator, chain)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Chains) != 1 || v.Chains[0].Chain != chain {
		t.Fatalf("it reports on %+v", v.Chains)
	}
	return v.Chains[0]
}
