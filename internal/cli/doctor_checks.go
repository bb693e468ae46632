package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/config"
)

// buildTime is the time of the commit that this binary was made from; zero
// where it is not known.
func buildTime() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, err := time.Parse(time.RFC3339, s.Value)
			if err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

// earliest is a time that no clock that is right shows any more.
var earliest = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func checkClock(now, built time.Time) finding {
	after := earliest
	if built.After(after) {
		after = built
	}
	const do = "set the clock (timedatectl set-ntp true): tokens, grants and the audit log go by it"
	switch {
	case now.Before(after):
		return finding{"clock", broken, "it shows " + when(now) + ", before this program was made", do}
	case now.Year() > earliest.Year()+50:
		return finding{"clock", broken, "it shows " + when(now), do}
	}
	return finding{Check: "clock", Verdict: fine, Found: when(now)}
}

// checkDirectories looks at the directories that are written to.
func checkDirectories(c config.Config) []finding {
	seen := map[string]bool{}
	var found []finding
	dirs := []string{filepath.Dir(c.AuditCheckpoints)}
	if c.Database.Engine == "sqlite" {
		dirs = append(dirs, filepath.Dir(c.Database.Path))
	}
	if c.Media.Engine == "dir" {
		dirs = slices.Insert(dirs, 1, c.Media.Path)
	}
	for _, dir := range dirs {
		if !seen[dir] {
			seen[dir] = true
			found = append(found, checkDirectory(dir, c.FreeDiskFloor))
		}
	}
	return found
}

func checkDirectory(dir string, floor int64) finding {
	name := "directory " + dir
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{name, broken, "is not there", "mount its disk, or correct --data, --media or --audit-checkpoints; in a new place, chartline serve begins"}
	}
	if err != nil {
		return finding{name, broken, err.Error(), "see that the user that runs the server may read it"}
	}
	free, err := freeSpace(dir)
	room := fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))
	switch {
	case err != nil:
		return finding{name, broken, err.Error(), "see that its disk is mounted and sound"}
	case !writable(dir):
		return finding{name, broken, "cannot be written", "see that it belongs to the user that runs the server and its disk is not read-only"}
	case free < floor:
		return finding{name, broken, room, "make room: under the floor of free space uploads are refused, and without any the audit log stops everything"}
	case info.Mode().Perm()&0o077 != 0:
		return finding{name, warned, fmt.Sprintf("%s, others may look into it (mode %04o)", room, info.Mode().Perm()), "chmod 700 " + dir}
	case free < 4*floor:
		return finding{name, warned, room, "plan for more room"}
	}
	return finding{Check: name, Verdict: fine, Found: room}
}

func freeSpace(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// writable makes a file and takes it away.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".chartline-doctor-*")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

func checkKeyFile(c config.Config) finding {
	const name = "audit key"
	if !c.AuditKey.Empty() {
		return finding{Check: name, Verdict: fine, Found: "given by the environment"}
	}
	info, err := os.Stat(c.AuditKeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{name, broken, c.AuditKeyFile + " is not there", "put it back from a backup; in a new installation the first start makes it"}
	case err != nil:
		return finding{name, broken, err.Error(), "see that the user that runs the server may read it"}
	case info.Mode().Perm()&0o077 != 0:
		return finding{name, broken, fmt.Sprintf("%s can be read by others (mode %04o)", c.AuditKeyFile, info.Mode().Perm()), "chmod 600 " + c.AuditKeyFile}
	}
	text, err := os.ReadFile(c.AuditKeyFile)
	if err == nil {
		_, err = audit.ParseKey(string(text))
	}
	if err != nil {
		return finding{name, broken, err.Error(), "put the file back from a backup"}
	}
	if strings.HasPrefix(c.AuditKeyFile, c.Data+string(filepath.Separator)) {
		return finding{name, warned, c.AuditKeyFile + ", beside the data that it vouches for", "for proof against whoever can write the data, keep it elsewhere: --audit-key-file"}
	}
	return finding{Check: name, Verdict: fine, Found: c.AuditKeyFile}
}

// staleCheckpoint is how old the newest checkpoint may be beside a server that
// makes one each minute; it makes none while nothing happens.
const staleCheckpoint = time.Hour

func checkCheckpoints(file *checkpoint.File, now time.Time) (f finding) {
	const name = "audit checkpoints"
	s, err := file.Snapshot()
	if err != nil {
		return finding{name, broken, err.Error(), "see that the file can be read: --audit-checkpoints"}
	}
	defer func() {
		if err := s.Close(); err != nil {
			f = finding{name, broken, err.Error(), "see that its disk is sound"}
		}
	}()
	found, err := s.Survey()
	if err != nil {
		return finding{name, broken, err.Error(), "see that its disk is sound"}
	}
	newest := time.Time{}
	for _, c := range found.Last {
		if c.At.After(newest) {
			newest = c.At
		}
	}
	switch {
	case found.Unreadable > 0:
		return finding{name, broken, fmt.Sprintf("%d lines of %s are not checkpoints, the first is line %d", found.Unreadable, file.Path(), found.FirstUnreadable), "run chartline audit verify, and find out who changed the file"}
	case newest.IsZero():
		return finding{name, warned, "none yet", "start the server: it makes one each minute and at stop"}
	case newest.After(now.Add(time.Minute)):
		return finding{name, warned, "the newest is of " + when(newest) + ", in the future", "see that the clock is right"}
	case now.Sub(newest) > staleCheckpoint:
		return finding{Check: name, Verdict: fine, Found: "the newest is of " + when(newest) + "; a running server makes one each minute in which something happened"}
	}
	return finding{Check: name, Verdict: fine, Found: "the newest is of " + when(newest)}
}
