package checkpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
)

func TestAKeyIsMadeOnceEvenByManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.key")
	keys := make([]audit.Key, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = checkpoint.LoadOrCreateKey(path, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	again, err := checkpoint.LoadOrCreateKey(path, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if !k.Public().Equal(again.Public()) {
			t.Error("two keys were made")
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	other, err := checkpoint.LoadOrCreateKey(filepath.Join(t.TempDir(), "audit.key"), false)
	if err != nil || other.Public().Equal(again.Public()) {
		t.Errorf("another installation has the same key, %v", err)
	}
}

func TestAMissingKeyOfALogInUseIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.key")
	_, err := checkpoint.LoadOrCreateKey(path, true)
	if !errors.Is(err, checkpoint.ErrKeyMissing) || !strings.Contains(err.Error(), path) {
		t.Errorf("it returned %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was made")
	}
}

func TestADamagedOrOpenKeyFileIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("ab", audit.KeySize)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"empty":          {"", 0o600, "64 hexadecimal digits"},
		"cut short":      {good[:40], 0o600, "64 hexadecimal digits"},
		"open to all":    {good, 0o644, "chmod 600"},
		"open to groups": {good, 0o640, "chmod 600"},
	} {
		path := filepath.Join(t.TempDir(), "audit.key")
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := checkpoint.LoadOrCreateKey(path, false)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), good[:40]) {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != c.text {
			t.Errorf("%s: the file was changed: %v", name, err)
		}
	}
}
