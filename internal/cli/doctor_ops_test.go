package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chartline/internal/audit/checkpoint"
	"chartline/internal/config"
	"chartline/internal/testkit"
)

func TestEntriesThatNothingSignsAreFoundOnceTheyAreOld(t *testing.T) {
	t.Parallel()
	k := testkit.New(t, testkit.Options{})
	k.Tenant(t, "acme-health", "live")
	file := checkpoint.NewFile(filepath.Join(k.Dir, "audit-checkpoints.jsonl"))
	check := func(after time.Duration, want string) {
		t.Helper()
		late, err := checkAnchored(t.Context(), k.Store, file, k.Clock.Now().Add(after))
		if err != nil || !strings.HasPrefix(late, want) || want == "" && late != "" {
			t.Errorf("%v later: %q, %v; want %q", after, late, err, want)
		}
	}
	check(time.Minute, "")
	check(time.Hour, "entries since 2026-03-18T15:00:00Z")
	if err := k.Keeper.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(time.Hour, "")
	k.Clock.Move(2 * time.Hour)
	k.Tenant(t, "other-health", "live")
	check(time.Minute, "")
	check(time.Hour, "entries since 2026-03-18T17:00:00Z")
}

func TestEncryptionIsSeenThroughWhatADeviceIsMadeOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	device := func(name, uuid string, below ...string) string {
		path := filepath.Join(dir, name)
		for _, sub := range append([]string{"dm"}, below...) {
			if err := os.MkdirAll(filepath.Join(path, sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if uuid != "" {
			if err := os.WriteFile(filepath.Join(path, "dm", "uuid"), []byte(uuid+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	luks := func(name string) string { return device(name, "CRYPT-LUKS2-0123-root") }
	over := func(name, uuid string, under ...string) string {
		path := device(name, uuid, "slaves")
		for i, u := range under {
			if err := os.Symlink(u, filepath.Join(path, "slaves", string(rune('a'+i)))); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	for path, want := range map[string]bool{
		device("disk", ""): false, luks("crypt"): true,
		over("volume", "LVM-abc", luks("crypt2")):                      true,
		over("mirror", "", luks("crypt3"), device("bare", "")):         false,
		over("outer", "LVM-a", over("inner", "LVM-b", luks("crypt4"))): true,
		over("loose", "LVM-c", device("bare2", "mpath-CRYPT-but-not")): false,
	} {
		if got := underCrypt(path, 8); got != want {
			t.Errorf("%s: %v", filepath.Base(path), got)
		}
	}
}

// A follower that is dead looks otherwise than one whose server is idle.
func TestAPlaceWhoseFollowerSaysNothingIsFound(t *testing.T) {
	t.Parallel()
	data, place := t.TempDir(), filepath.Join(t.TempDir(), "place")
	run := func(ctx context.Context, out io.Writer, args ...string) int {
		return Main(ctx, append(args, "--data", data), noEnvironment, strings.NewReader(""), out, io.Discard)
	}
	if code := run(t.Context(), io.Discard, "tenant", "create", "acme-health"); code != 0 {
		t.Fatal(code)
	}
	look := func(after time.Duration, want verdict) bool {
		a := &app{ctx: t.Context(), env: noEnvironment, err: io.Discard}
		found := a.checkBackups(config.Config{}, place, time.Now().Add(after))
		return found.Verdict == want
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	r, w := io.Pipe()
	go func() {
		code := run(ctx, w, "backup", "follow", place, "--every", "100ms")
		_ = w.Close() // never fails
		ended <- code
	}()
	said := bufio.NewScanner(r)
	for said.Scan() && said.Text() != "following" {
		t.Log(said.Text())
	}
	if !look(0, fine) {
		t.Error("a place that is followed now is not good")
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the follower ended with %d", code)
	}
	if !look(time.Minute, fine) || !look(10*time.Minute, warned) || !look(26*time.Hour, warned) {
		t.Error("how long a place was silent makes no difference")
	}
}

func noEnvironment(string) (string, bool) { return "", false }
