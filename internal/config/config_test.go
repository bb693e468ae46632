package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const goodKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func env(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "chartline.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func problems(t *testing.T, err error) []string {
	t.Helper()
	bad, ok := errors.AsType[*Problems](err)
	if !ok {
		t.Fatalf("error is %v, want *Problems", err)
	}
	all := make([]string, len(bad.All))
	for i, p := range bad.All {
		all[i] = p.String()
	}
	return all
}

func TestDataStandsForEverythingElse(t *testing.T) {
	t.Parallel()
	got, err := Load(Sources{Flags: map[string]string{"data": "clinic/"}})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Data:     "clinic",
		Database: Location{"sqlite", "clinic/chartline.db"}, Media: Location{"dir", "clinic/media"},
		Listen: "127.0.0.1:8080", AuditCheckpoints: "clinic/audit-checkpoints.jsonl", AuditKeyFile: "clinic/audit.key",
		Seal: true, MasterKeyFile: "clinic/master.key", KMSTimeout: 10 * time.Second,
		FreeDiskFloor: 512 << 20, MaxUpload: 4 << 30, DrainTimeout: 30 * time.Second, HeaderTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, StallTimeout: time.Minute, LogLevel: slog.LevelInfo,
		MaxAttachment: 25 << 20, MaxAttachments: 20,
		PasswordLength: 15, SessionIdle: 15 * time.Minute, SessionLife: 12 * time.Hour,
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Secret{})); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestAReplicaHasItsOwnPlacePasswordAndBound(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"database": "postgres://care@db1:5432,db3:5433/chartline", "media": "dir:m", "data": "d", "database-replica": "postgres://care@db2/chartline", "replica-staleness": "200ms"}
	got, err := Load(Sources{Env: env(map[string]string{"CHARTLINE_DATABASE_PASSWORD": "one"}), Flags: flags})
	if err != nil || got.DatabaseReplica.String() != flags["database-replica"] || got.ReplicaPassword.Reveal() != "one" || got.ReplicaStaleness != 200*time.Millisecond {
		t.Errorf("got %v, %v, %v", got.DatabaseReplica, got.ReplicaStaleness, err)
	}
	got, err = Load(Sources{Env: env(map[string]string{"CHARTLINE_DATABASE_PASSWORD": "one", "CHARTLINE_DATABASE_REPLICA_PASSWORD": "two"}), Flags: flags})
	if err != nil || got.DatabasePassword.Reveal() != "one" || got.ReplicaPassword.Reveal() != "two" {
		t.Errorf("two passwords: %v", err)
	}
	for _, bad := range []struct{ setting, value, problem string }{
		{"database-replica", "sqlite:x.db", "must be postgres://"},
		{"database", "postgres://care@db2/chartline?sslkey=/k&sslpassword=hunter2", "must not hold a password: sslkey must be a file without one"},
		{"database-replica", "postgres://care:hunter2@db2/chartline", "must not hold a password: give it by CHARTLINE_DATABASE_REPLICA_PASSWORD"},
		{"replica-staleness", "1s", "must be a duration from 0s to 500ms"},
		{"database", "sqlite:x.db", "needs a PostgreSQL database"},
	} {
		with := maps.Clone(flags)
		with[bad.setting] = bad.value
		_, err := Load(Sources{Flags: with})
		if found := problems(t, err); len(found) != 1 || !strings.Contains(found[0], bad.problem) || strings.Contains(found[0], "hunter2") {
			t.Errorf("%s %s: %v", bad.setting, bad.value, found)
		}
	}
}

func TestAStrongerSourceWins(t *testing.T) {
	t.Parallel()
	file := writeFile(t, `{"data": "from-file", "listen": "127.0.0.1:1", "drain-timeout": "1s", "max-upload": 1000, "log-level": "warn"}`)
	got, err := Load(Sources{
		Env:   env(map[string]string{"CHARTLINE_CONFIG": file, "CHARTLINE_LISTEN": "127.0.0.1:2", "CHARTLINE_DRAIN_TIMEOUT": "2s", "CHARTLINE_LOG_LEVEL": ""}),
		Flags: map[string]string{"drain-timeout": "3s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Data != "from-file" || got.MaxUpload != 1000 || got.LogLevel != slog.LevelWarn {
		t.Errorf("from the file: %q, %d, %v", got.Data, got.MaxUpload, got.LogLevel)
	}
	if got.Listen != "127.0.0.1:2" || got.DrainTimeout != 3*time.Second {
		t.Errorf("listen %q, drain %v: want the environment's and the flag's", got.Listen, got.DrainTimeout)
	}
}

func TestDataWinsOverWeakerSourcesAndYieldsToItsOwn(t *testing.T) {
	t.Parallel()
	got, err := Load(Sources{
		Env:   env(map[string]string{"CHARTLINE_DATABASE": "sqlite:weaker.db", "CHARTLINE_MEDIA": "dir:weaker"}),
		Flags: map[string]string{"data": "d", "media": "dir:elsewhere"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Database.String() != "sqlite:d/chartline.db" || got.Media.String() != "dir:elsewhere" {
		t.Errorf("database %s, media %s", got.Database, got.Media)
	}
}

func TestAllProblemsAreReportedAtOnceWithTheirSources(t *testing.T) {
	t.Parallel()
	file := writeFile(t, `{"listne": "x", "listen": "8080", "idle-timeout": {}, "audit-key": "`+goodKey+`", "log-level": "loud"}`)
	_, err := Load(Sources{
		Env: env(map[string]string{"CHARTLINE_STALL_TIMEOUT": "60", "CHARTLINE_AUDIT_KEY": "short", "CHARTLINE_MAX_UPLOAD": "0"}),
		Flags: map[string]string{
			"config": file, "database": "postgres://care:hunter2@db/chartline", "media": "S3://bucket/x?secret=hunter2",
			"tls-cert": "/nowhere.pem", "metrics-listen": "127.0.0.1:99999", "free-disk-floor": "-1",
		},
	})
	want := []string{
		`audit-key (file FILE): is a secret: give it by CHARTLINE_AUDIT_KEY or audit-key-file`,
		`idle-timeout (file FILE): must be a text, a number or a boolean`,
		`"listne" (file FILE): is not a setting`,
		`database (flag --database): must not hold a password: give it by CHARTLINE_DATABASE_PASSWORD, CHARTLINE_DATABASE_PASSWORD_FILE or PGPASSFILE`,
		`media (flag --media): must be s3://BUCKET/PREFIX?region=REGION, with endpoint=https://HOST, path-style=true or false, ca-file=PATH, checksums=off where needed`,
		`listen (file FILE): must be ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080`,
		`metrics-listen (flag --metrics-listen): must end in a port number from 0 to 65535`,
		`tls-cert (flag --tls-cert): cannot be read: no such file or directory`,
		`free-disk-floor (flag --free-disk-floor): must be a size such as 512MiB or 4GiB`,
		`max-upload (environment CHARTLINE_MAX_UPLOAD): must be a size such as 512MiB or 4GiB`,
		`stall-timeout (environment CHARTLINE_STALL_TIMEOUT): must be a duration between 100ms and 24h, such as 30s or 2m`,
		`log-level (file FILE): must be debug, info, warn or error`,
		`audit-key (environment CHARTLINE_AUDIT_KEY): must be 64 hexadecimal digits (openssl rand -hex 32)`,
		`tls-key: is required with tls-cert`,
	}
	got := problems(t, err)
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], file, "FILE")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, secret := range []string{"hunter2", goodKey} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q", secret)
		}
	}
}

func TestLocationsThatAreNotOursAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "chartline.db", "sqlite:", "sqlite: ", "sqlite://host/x", "mysql:x", "sqlite:x?mode=memory", "sqlite:a\x00b", "dir:x", ":x"} {
		_, err := Load(Sources{Flags: map[string]string{"database": bad, "media": "dir:m"}})
		if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "database (flag --database): must be sqlite:PATH") {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestSomewhereToKeepDataIsRequired(t *testing.T) {
	t.Parallel()
	for want, flags := range map[string]map[string]string{
		"data: is required":                {},
		"media: is required":               {"database": "sqlite:x.db"},
		"database: is required":            {"media": "dir:x"},
		"data (flag --data): must be a pa": {"data": " "},
	} {
		_, err := Load(Sources{Flags: flags})
		if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%v: %v, want %q", flags, got, want)
		}
	}
	c, err := Load(Sources{Flags: map[string]string{"database": "sqlite:/srv/db/c.db", "media": "dir:/srv/m"}})
	if err != nil || c.AuditKeyFile != "/srv/db/audit.key" || c.AuditCheckpoints != "/srv/db/audit-checkpoints.jsonl" {
		t.Errorf("without data: %+v, %v", c, err)
	}
}

func TestAFileThatCannotBeUsedIsAProblem(t *testing.T) {
	t.Parallel()
	for want, name := range map[string]string{
		"config (flag --config): cannot be read: no such file":            "/nowhere/chartline.json",
		"config (flag --config): cannot be read: is a directory":          t.TempDir(),
		"config (flag --config): must be one JSON object: not JSON at":    writeFile(t, `{"data": "hunter2" x}`),
		"config (flag --config): must be one JSON object: it is a array":  writeFile(t, `[]`),
		"config (flag --config): cannot be read: is larger than 1 MiB":    writeFile(t, strings.Repeat(" ", maxFile+1)),
		"config (flag --config): must be one JSON object: not JSON at by": writeFile(t, `{} {}`),
	} {
		_, err := Load(Sources{Flags: map[string]string{"config": name, "data": "d"}})
		if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%v, want %q", got, want)
		}
	}
}

func TestTheAuditKeyComesFromOnePlaceAndStaysHidden(t *testing.T) {
	t.Parallel()
	c, err := Load(Sources{Env: env(map[string]string{"CHARTLINE_DATA": "d", "CHARTLINE_AUDIT_KEY": goodKey})})
	if err != nil || c.AuditKey.Reveal() != goodKey || !c.AuditKeyGiven {
		t.Fatalf("key given: %v, %v", c.AuditKeyGiven, err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "config", c, "key", c.AuditKey)
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", c, c, c, c.AuditKey), string(text), log.String()} {
		if strings.Contains(shown, goodKey[:16]) {
			t.Errorf("the key shows: %s", shown)
		}
	}
	_, err = Load(Sources{Env: env(map[string]string{"CHARTLINE_DATA": "d", "CHARTLINE_AUDIT_KEY": goodKey, "CHARTLINE_AUDIT_KEY_FILE": "k"})})
	if got := problems(t, err); len(got) != 1 || !strings.Contains(got[0], "is given twice") {
		t.Errorf("both: %v", got)
	}
	c, err = Load(Sources{Env: env(map[string]string{"CHARTLINE_DATA": "d", "CHARTLINE_AUDIT_KEY_FILE": "k"})})
	if err != nil || c.AuditKeyFile != "k" || !c.AuditKeyGiven {
		t.Errorf("by file: %+v, %v", c, err)
	}
}

func TestNamesAreUniqueInEveryForm(t *testing.T) {
	t.Parallel()
	names, envs := []string{fileSetting}, []string{fileEnv, auditKeyEnv}
	for _, s := range Settings() {
		if slices.Contains(names, s.Name) || slices.Contains(envs, s.Env()) {
			t.Errorf("%s or %s is there twice", s.Name, s.Env())
		}
		names, envs = append(names, s.Name), append(envs, s.Env())
		if s.Help == "" {
			t.Errorf("%s has no help", s.Name)
		}
	}
}

func TestSizesAreReadInEveryUnit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"0": 0, "1000": 1000, "2KiB": 2048, "1.5 GiB": 3 << 29, "3mb": 3e6, "7B": 7, "1TiB": 1 << 40} {
		var got int64
		if err := size(&got, text, 0); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "B", "GiB", "-1", "1XB", "1e400", "nan", "inf", "9999TiB", "0x10 q"} {
		var got int64
		if err := size(&got, bad, 0); err == nil {
			t.Errorf("%q: %d, want an error", bad, got)
		}
	}
}

func TestWebAddressesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://care.example.org": "https://care.example.org", "https://care.example.org/": "https://care.example.org", "http://localhost:8080": "http://localhost:8080",
	} {
		var got string
		if err := origin(&got, text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"care.example.org", "//care.example.org", "ftp://care.example.org", "https://care.example.org/x", "https://a@care.example.org", "https://", "https://care.example.org?x"} {
		var got string
		if err := origin(&got, bad); err == nil {
			t.Errorf("%q: %q, want an error", bad, got)
		}
	}
	var got []string
	if err := webURLs(&got, " https://a.example.org/x?y=1  https://b.example.org "); err != nil || !slices.Equal(got, []string{"https://a.example.org/x?y=1", "https://b.example.org"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"/portal", "https://a.example.org javascript:alert(1)", "https://user@a.example.org/", "//a.example.org", `https://a.example.org\x`} {
		if err := webURLs(&got, bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestNoPasswordIsShorterThanEight(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"8": true, "15": true, "64": true, "7": false, "65": false, "": false, "x": false, "15.0": false} {
		var got int
		if err := number(&got, text, 8, 64); (err == nil) != ok {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}
