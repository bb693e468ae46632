package checkpoint

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"chartline/internal/audit"
)

// ErrKeyMissing reports that the key of an audit log in use is not there.
var ErrKeyMissing = errors.New("the audit key is missing")

// LoadOrCreateKey reads the key in the file at path and makes one where there
// is none yet, even if another process does so at the same moment. With inUse,
// which says that the log has entries or checkpoints already, a missing key is
// ErrKeyMissing: a new one could not vouch for what the old one signed.
func LoadOrCreateKey(path string, inUse bool) (audit.Key, error) {
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if inUse {
		return key, fmt.Errorf("%w: %s is not there, but the audit log has entries; put the file back from a backup, "+
			"or name the key by CHARTLINE_AUDIT_KEY or CHARTLINE_AUDIT_KEY_FILE", ErrKeyMissing, path)
	}
	if err := createKey(path); err != nil {
		return key, fmt.Errorf("make the audit key: %w", err)
	}
	return loadKey(path)
}

func loadKey(path string) (audit.Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return audit.Key{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return audit.Key{}, fmt.Errorf("%s can be read by others: chmod 600 it", path)
	}
	text, err := os.ReadFile(path) // #nosec G304 -- the file that the operator named
	if err != nil {
		return audit.Key{}, err
	}
	key, err := audit.ParseKey(string(text))
	if err != nil {
		return audit.Key{}, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// createKey makes the file whole or not at all. One that is there stays.
func createKey(path string) (err error) {
	seed := make([]byte, audit.KeySize)
	if _, err := rand.Read(seed); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, ".audit-key-*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()
	_, err = temp.WriteString(hex.EncodeToString(seed) + "\n")
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link never replaces what another process made.
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the entries of a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
