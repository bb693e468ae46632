package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartline/internal/vault"
)

// program writes a key service's program, which is a shell script here.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kms")
	// A child that another test starts meanwhile would have the file open for
	// writing, and what is open for writing cannot be run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	must(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700)) // #nosec G306 -- it is run
	return path
}

// reversing wraps a key by naming it: enough for a test.
const reversing = `
in=$(cat)
key=$(printf '%s' "$in" | sed -n 's/.*"key":"\([^"]*\)".*/\1/p')
wrapped=$(printf '%s' "$in" | sed -n 's/.*"wrapped":"\([^"]*\)".*/\1/p')
case "$in" in
*'"operation":"wrap"'*) printf '{"name":"kms/1","wrapped":"%s"}' "$key" ;;
*'"operation":"unwrap"'*) printf '{"key":"%s"}' "$wrapped" ;;
esac
`

func TestAKeyServicesCommandKeepsTheMasterKey(t *testing.T) {
	t.Parallel()
	db, m := database(t), vault.NewCommand(program(t, reversing), time.Hour)
	kept := keep(t, vaultOf(db, m), "live", 3)
	v := vaultOf(db, m)
	must(t, v.Check(t.Context()))
	holds(t, v, kept)
	if got := masters(t, db); got["kms/1"] != 1 {
		t.Errorf("the rows name %v", got)
	}
}

func TestACommandThatFailsHangsOrBabblesIsNoMasterKey(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"fails":           "echo 'no such key ring' >&2; exit 3",
		"hangs":           "sleep 120",
		"says nothing":    "cat >/dev/null",
		"is not JSON":     "echo hello",
		"babbles":         "head -c 100000 /dev/zero",
		"answers no name": `echo '{"wrapped":"AAAA"}'`,
		"is not base64":   `echo '{"name":"a","wrapped":"!"}'`,
	} {
		limit := time.Hour // which is not what ends it, on the slowest machine
		if name == "hangs" {
			limit = 500 * time.Millisecond
		}
		began := time.Now()
		_, _, err := vault.NewCommand(program(t, script), limit).Wrap(t.Context(), make([]byte, 32), "a use")
		if !errors.Is(err, vault.ErrNoMaster) || time.Since(began) > 100*time.Second {
			t.Errorf("%s: %v after %v, want ErrNoMaster", name, err, time.Since(began))
		}
		if name == "fails" && !strings.Contains(err.Error(), "no such key ring") {
			t.Errorf("%s: %v does not say what the program said", name, err)
		}
	}
}

func TestACommandIsRunWithoutAShell(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	m := vault.NewCommand(program(t, reversing)+" ; touch "+mark+" $(touch "+mark+")", time.Hour)
	if _, _, err := m.Wrap(t.Context(), make([]byte, 32), "a use"); err != nil {
		t.Errorf("arguments that mean something to a shell: %v", err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a shell read the command")
	}
}
