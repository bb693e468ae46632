package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"chartline/internal/audit/checkpoint"
	"chartline/internal/backup"
	"chartline/internal/config"
	"chartline/internal/store"
	"chartline/internal/trace/otlp"
)

const (
	// oldBackup is when a newest backup is too old, whatever was planned.
	oldBackup = 25 * time.Hour
	// silentFollower is after how long a place that is followed has waited too long:
	// an idle server's follower says every few seconds that nothing was committed.
	silentFollower = 5 * time.Minute
)

// checkBackups looks at the newest backup at a place.
func (a *app) checkBackups(c config.Config, place string, now time.Time) (f finding) {
	const name, do = "backups", "run chartline backup, and see that its timer does: docs/ops/backup.md"
	target, err := a.openTarget(c, place, false)
	if err != nil {
		return finding{name, broken, explain(err), "see that the place is mounted, or can be reached"}
	}
	defer func() {
		if err := target.Close(); err != nil {
			f = finding{name, broken, err.Error(), "see that the place is sound"}
		}
	}()
	newest, err := target.Newest(a.ctx)
	var after backup.After
	if err == nil {
		after, err = target.After(a.ctx, newest)
	}
	switch age := now.Sub(after.Until); {
	case errors.Is(err, backup.ErrNone):
		return finding{name, broken, "there is none at " + target.name, do}
	case err != nil:
		return finding{name, broken, explain(err), do}
	case age > oldBackup:
		return finding{name, warned, fmt.Sprintf("the newest at %s is of %s, %d hours ago", target.name, when(after.Until), int(age.Hours())), do}
	case newest.Followed > 0 && age > max(silentFollower, 3*time.Duration(newest.Followed)*time.Millisecond):
		return finding{name, warned, fmt.Sprintf("what is committed is copied to %s, and nothing was heard of that since %s", target.name, when(after.Until)),
			"see that chartline backup follow runs, and what it says: docs/ops/backup.md"}
	case len(newest.Damaged) > 0:
		return finding{name, warned, fmt.Sprintf("the newest at %s, of %s, was made without %d objects", target.name, when(newest.StartedAt), len(newest.Damaged)),
			"run chartline scrub --restart; docs/ops/incidents.md"}
	}
	return finding{Check: name, Verdict: fine, Found: fmt.Sprintf("the newest at %s is of %s", target.name, when(after.Until))}
}

// checkTraces sends the collector an empty message.
func checkTraces(ctx context.Context, t config.Traces) finding {
	const name = "traces"
	if !t.On() {
		return finding{Check: name, Verdict: fine, Found: "off"}
	}
	exporter, err := otlp.New(otlpOptions(t, nil))
	if err == nil {
		err = exporter.Probe(ctx)
	}
	if err != nil {
		return finding{name, warned, err.Error(), "see that the collector takes OTLP over HTTP as JSON at OTEL_EXPORTER_OTLP_ENDPOINT; until then traces are dropped, and nothing else suffers"}
	}
	return finding{Check: name, Verdict: fine, Found: "the collector takes them"}
}

// unanchored is how long an entry may be under no checkpoint beside a server that
// signs each minute.
const unanchored = 15 * time.Minute

// checkAnchored looks for chains with entries that no checkpoint covers although
// they are old enough.
func checkAnchored(ctx context.Context, db store.Store, file *checkpoint.File, now time.Time) (late string, err error) {
	s, err := file.Snapshot()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	signed, err := s.Survey()
	if err != nil {
		return "", err
	}
	err = db.View(ctx, func(tx store.Tx) error {
		chains, err := tx.AuditChains()
		if err != nil {
			return err
		}
		for _, chain := range chains {
			groups, err := tx.AuditGroups(chain, signed.Last[chain].Seq, 1)
			if err != nil {
				return err
			}
			if len(groups) > 0 && now.Sub(groups[0].From) > unanchored {
				late = fmt.Sprintf("entries since %s are under no checkpoint", when(groups[0].From))
				return nil
			}
		}
		return nil
	})
	return late, err
}

// checkVolume looks for encryption under the database's rows, which are plain.
func checkVolume(c config.Config) finding {
	const name = "encrypted volume"
	if c.Database.Engine != "sqlite" {
		return finding{Check: name, Verdict: fine, Found: "the rows are on the database's own machine: see there that its disk is encrypted"}
	}
	dir := filepath.Dir(c.Database.Path)
	switch encrypted, known := onEncrypted(dir); {
	case !known:
		return finding{Check: name, Verdict: fine, Found: "what lies under " + dir + " cannot be seen from here: see that it is encrypted"}
	case !encrypted:
		return finding{name, warned, "no encryption is seen under " + dir + ", where the rows are plain",
			"keep it on an encrypted volume (docs/ops/encryption.md), or know that whoever runs the machine encrypts the disk below it"}
	}
	return finding{Check: name, Verdict: fine, Found: dir + " is on one"}
}

// onEncrypted reports whether a directory's block device is encrypted by the
// kernel, and whether that can be known.
func onEncrypted(dir string) (encrypted, known bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return false, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false, false
	}
	dev := uint64(stat.Dev) // #nosec G115 -- a number of bits, not an amount
	device := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(dev), unix.Minor(dev))
	if _, err := os.Stat(device); err != nil {
		return false, false
	}
	return underCrypt(device, 8), true
}

// underCrypt reports whether a block device is dm-crypt's, or all that it is made
// of are.
func underCrypt(device string, depth int) bool {
	uuid, _ := os.ReadFile(filepath.Join(filepath.Clean(device), "dm", "uuid")) // none: it is no mapped device
	if strings.HasPrefix(string(uuid), "CRYPT-") {
		return true
	}
	below, _ := filepath.Glob(filepath.Join(device, "slaves", "*"))
	if len(below) == 0 || depth == 0 {
		return false
	}
	for _, one := range below {
		if !underCrypt(one, depth-1) {
			return false
		}
	}
	return true
}
