package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"chartline/bench/proc"
)

// readings are the counters of a simulated installation at one moment.
type readings struct {
	ours, theirs     time.Duration // processor: of our servers, of PostgreSQL
	commits, updates float64
	entries, groups  float64 // of the audit log
	auditBytes       float64
}

func (r readings) since(before readings) readings {
	return readings{r.ours - before.ours, r.theirs - before.theirs, r.commits - before.commits, r.updates - before.updates,
		r.entries - before.entries, r.groups - before.groups, r.auditBytes - before.auditBytes}
}

// read waits until the audit log's index by patient is whole, where settled, since
// that is a part of what it takes.
func (w *world) read(settled bool) (r readings, err error) {
	for range 100 {
		var behind float64
		if behind, err = w.readAudit(&r); err != nil {
			return r, err
		}
		if !settled || behind == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return r, w.readProcesses(&r)
}

func (w *world) readProcesses(r *readings) error {
	r.ours, r.commits, r.updates = 0, 0, 0
	for _, node := range w.nodes {
		used, err := node.CPU()
		if err != nil {
			return err
		}
		r.ours += used
		if err := counters(node, map[string]*float64{"chartline_store_commits_total": &r.commits, "chartline_store_updates_total": &r.updates}); err != nil {
			return err
		}
	}
	if w.cluster == nil {
		return nil
	}
	var err error
	r.theirs, err = w.cluster.server.CPUOfAll()
	return err
}

// counters adds a server's metrics to what is there.
func counters(node *proc.Server, into map[string]*float64) error {
	res, err := http.Get("http://" + node.Addr.String() + "/metrics") // #nosec G107 -- our own server
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if sum, ok := into[name]; ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return err
			}
			*sum += v
			delete(into, name)
		}
	}
	if len(into) > 0 {
		return fmt.Errorf("%s has no metrics %v", node.Name, into)
	}
	return nil
}

const auditCounts = `SELECT (SELECT coalesce(sum(seq), 0) FROM audit_chain), (SELECT coalesce(sum(seq - indexed), 0) FROM audit_chain), (SELECT count(*) FROM audit_group), `

// readAudit reads the audit log's size, and how many entries its index is behind.
func (w *world) readAudit(r *readings) (behind float64, err error) {
	into := []any{&r.entries, &behind, &r.groups, &r.auditBytes}
	if w.cluster == nil {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "chartline-audit.db")+"?mode=ro")
		if err != nil {
			return 0, err
		}
		defer func() { _ = db.Close() }()
		return behind, db.QueryRow(auditCounts + `(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())`).Scan(into...)
	}
	out, err := w.cluster.output("psql", w.cluster.at("-qtAX", "-F", " ", "-d", "chartline", "-c",
		auditCounts+`pg_total_relation_size('audit_group') + pg_total_relation_size('audit_subject') + pg_total_relation_size('audit_chain')`)...)
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(out, into...)
	return behind, err
}
