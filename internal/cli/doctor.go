package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/config"
)

type doctorCmd struct {
	Deep     bool         `help:"Also read the whole database, verify the whole audit log and look for every recording's file."`
	Backups  string       `placeholder:"PLACE" help:"Also look at the newest backup at this place."`
	Settings dataFlags    `embed:""`
	Replica  replicaFlags `embed:""`
}

// verdict of one check.
type verdict string

const (
	fine   verdict = "ok"
	warned verdict = "warning"
	broken verdict = "failed"
)

// finding is what one check found, and what to do about it.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Found   string  `json:"found"`
	Do      string  `json:"do,omitempty"`
}

type doctorDoc struct {
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
}

// errUnwell ends an examination that found something broken.
var errUnwell = errors.New("something is broken; see above")

// Run examines the installation. It makes and mends nothing, and goes on after
// what it finds.
func (c doctorCmd) Run(a *app) error {
	settings, err := a.config()
	if err != nil {
		return err
	}
	found := []finding{checkClock(time.Now(), buildTime())}
	found = append(found, checkDirectories(settings)...)
	found = append(found, checkKeyFile(settings))
	found = append(found, a.examineData(settings, c.Deep)...)
	if c.Backups != "" {
		found = append(found, a.checkBackups(settings, c.Backups, time.Now()))
	}
	found = append(found, checkTraces(a.ctx, settings.Traces))
	doc := doctorDoc{OK: true, Findings: found}
	for _, f := range found {
		doc.OK = doc.OK && f.Verdict != broken
	}
	if err := a.show(doc, func(w io.Writer) { writeFindings(w, found) }); err != nil {
		return err
	}
	if !doc.OK {
		return errUnwell
	}
	return nil
}

func writeFindings(w io.Writer, found []finding) {
	for _, f := range found {
		fmt.Fprintf(w, "%-8s %s: %s\n", f.Verdict, f.Check, printable(f.Found))
		if f.Do != "" {
			fmt.Fprintf(w, "         do: %s\n", printable(f.Do))
		}
	}
}

// examineData opens the data, which shows most of what can be wrong with it.
func (a *app) examineData(c config.Config, deep bool) []finding {
	var found []finding
	err := a.withEngine(c, existing, func(e *engine) error {
		found = append(found, a.checkDatabase(e, deep))
		if c.Database.Engine == "postgres" {
			found = append(found, checkProved("database connection", c.Database.String()))
		}
		if c.DatabaseReplica != (config.Location{}) {
			found = append(found, a.checkReplica(c), checkProved("replica connection", c.DatabaseReplica.String()))
		}
		found = append(found, a.checkMedia(e)...)
		found = append(found, a.checkSealing(e), checkVolume(c), a.checkAudit(e, deep), a.checkJobs(e, time.Now()))
		if deep {
			found = append(found, a.checkRecordings(e))
		}
		return nil
	})
	if err != nil {
		found = append(found, finding{"database", broken, explain(err), databaseAdvice(c)})
	}
	return found
}

func databaseAdvice(c config.Config) string {
	if c.Database.Engine == "postgres" {
		return "see that the server runs, is reached from here and takes this role (docs/ops/postgresql.md); or correct --database"
	}
	return "correct --data or --database; restore a backup where the file is damaged"
}

func (a *app) checkDatabase(e *engine, deep bool) finding {
	f := finding{Check: "database", Verdict: fine}
	version, err := schemaVersion(a.ctx, e)
	if err == nil {
		f.Found = fmt.Sprintf("%s, schema %d", e.settings.Database, version)
		err = e.store.Check(a.ctx)
	}
	if err == nil && deep {
		err = e.store.Verify(a.ctx)
		f.Found += ", every page read"
	}
	if err != nil {
		return finding{"database", broken, explain(err), "stop the server, keep a copy of the file, and restore the last good backup; then run chartline doctor --deep and chartline audit verify"}
	}
	return f
}

// checkMedia writes to the media store.
func (a *app) checkMedia(e *engine) []finding {
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	if err := e.media.Check(ctx); err != nil {
		return []finding{{"media store", broken, err.Error(), mediaAdvice(e.settings)}}
	}
	found := []finding{{Check: "media store", Verdict: fine, Found: e.settings.Media.String() + ", can be written"}}
	if e.settings.Media.Engine == "s3" {
		found = append(found, checkEndpoint(e.settings.S3), checkVersions(ctx, e.objects))
	}
	return found
}

func mediaAdvice(c config.Config) string {
	if c.Media.Engine == "s3" {
		return "see that the store is reached from here, and that the keys may read, write and list there (docs/ops/s3.md); until then uploads fail"
	}
	return "see that the disk is mounted, has room, and belongs to the user that runs the server; until then uploads fail"
}

// checkRecordings looks for every recording's bytes.
func (a *app) checkRecordings(e *engine) finding {
	const name = "recordings"
	x, err := e.recordings.Examine(a.ctx, a.actor())
	if err != nil {
		return finding{name, broken, explain(err), "see what is said of the database and the media store"}
	}
	if x.Broken == 0 {
		f := finding{Check: name, Verdict: fine, Found: fmt.Sprintf("%d, each with its bytes", x.Recordings)}
		if x.Orphans > 0 {
			f.Found += fmt.Sprintf("; %d stored objects (%d bytes) that nothing uses, which the server removes once they are an hour old", x.Orphans, x.OrphanBytes)
		}
		return f
	}
	var list strings.Builder
	for _, r := range x.Named {
		fmt.Fprintf(&list, "; recording %s: %s %s", r.ID, r.Key, r.Why)
	}
	if more := x.Broken - len(x.Named); more > 0 {
		fmt.Fprintf(&list, "; and %d more", more)
	}
	return finding{name, broken, fmt.Sprintf("%d of %d cannot be delivered%s", x.Broken, x.Recordings, list.String()),
		"put these files back into " + mediaPlace(e.settings) + " from a backup, then run chartline scrub --damaged; a recording whose bytes are lost for good can be deleted: chartline recording delete"}
}

// checkAudit verifies the chains against the signed checkpoints, or, where not
// deep, only that checkpoints are made.
func (a *app) checkAudit(e *engine, deep bool) finding {
	if !deep {
		return a.checkRecent(e, time.Now())
	}
	v, err := e.verifyAudit(a, "")
	switch {
	case err != nil:
		return finding{"audit log", broken, explain(err), "run chartline audit verify"}
	case !v.OK():
		return finding{"audit log", broken, "entries were changed, removed or put in, or the file of checkpoints was", "run chartline audit verify: it says where; keep the data as it is for those who must look into it"}
	}
	entries := int64(0)
	for _, c := range v.Chains {
		entries += c.Head
	}
	return finding{Check: "audit log", Verdict: fine, Found: fmt.Sprintf("%d chains, %d entries, all whole", len(v.Chains), entries)}
}

// checkRecent looks whether checkpoints are made, and cover what they should.
func (a *app) checkRecent(e *engine, now time.Time) finding {
	f := checkCheckpoints(e.checkpoints, now)
	if f.Verdict != fine {
		return f
	}
	late, err := checkAnchored(a.ctx, e.store, e.checkpoints, now)
	switch {
	case err != nil:
		return finding{f.Check, broken, explain(err), "see what is said of the database"}
	case late != "":
		return finding{f.Check, warned, f.Found + "; " + late, "start the server, which signs once a minute; where it runs, its log says why it does not"}
	}
	return f
}

// overdue is how late a job may be beside a server that does them.
const overdue = time.Hour

// checkJobs looks for work that was given up, and for work that nobody does.
func (a *app) checkJobs(e *engine, now time.Time) finding {
	const name = "background work"
	dead, err := e.upkeep.Jobs(a.ctx, a.actor(), care.JobDead, "", listed)
	if err != nil {
		return finding{name, broken, explain(err), "see what is said of the database"}
	}
	waiting, err := e.upkeep.Jobs(a.ctx, a.actor(), care.JobWaiting, "", listed)
	if err != nil {
		return finding{name, broken, explain(err), "see what is said of the database"}
	}
	late := 0
	for _, j := range waiting {
		if now.Sub(j.RunAt) > overdue {
			late++
		}
	}
	switch {
	case len(dead) > 0:
		return finding{name, warned, fmt.Sprintf("%d jobs were given up (at most %d are counted)", len(dead), listed), "chartline job list --state dead says why; then chartline job retry --dead, or job drop"}
	case late > 0:
		return finding{name, warned, fmt.Sprintf("%d jobs should have been done an hour ago", late), "start the server: it does them"}
	}
	return finding{Check: name, Verdict: fine, Found: fmt.Sprintf("%d jobs wait", len(waiting))}
}
