package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"

	"chartline/internal/backup"
	"chartline/internal/blob"
	"chartline/internal/blob/seal"
	"chartline/internal/config"
	"chartline/internal/store"
	"chartline/internal/vault"
)

// openVault makes the vault, and a master key where the operator named none and
// nothing was ever sealed. A key that is missing is told when it is needed, so
// that it keeps nobody from revoking a token; a server needs it at once.
func (e *engine) openVault(ctx context.Context) error {
	master, err := masterOf(e.settings)
	if err != nil {
		return err
	}
	e.vault = vault.New(vault.Options{Store: e.store, Master: master})
	e.media = seal.New(seal.Options{Under: e.objects, Keys: e.vault, Plain: !e.settings.Seal})
	if !e.settings.Seal || e.settings.MasterKeyGiven {
		return nil
	}
	used, err := e.vault.InUse(ctx)
	if err != nil || used {
		return err
	}
	if e.madeMaster, err = vault.NewFile(e.settings.MasterKeyFile).Create(); err != nil {
		return fmt.Errorf("make the master key: %w", err)
	}
	return nil
}

// masterOf says where the master key is.
func masterOf(c config.Config) (vault.Master, error) {
	switch {
	case c.KMSCommand != "":
		return vault.NewCommand(c.KMSCommand, c.KMSTimeout), nil
	case !c.MasterKey.Empty():
		return vault.ParseRing(c.MasterKey.Reveal())
	}
	return vault.NewFile(c.MasterKeyFile), nil
}

// checkMaster proves that what is sealed can be read and, where it is to be,
// that more can be sealed.
func (e *engine) checkMaster(ctx context.Context) error {
	used, err := e.vault.InUse(ctx)
	if err != nil || !used && !e.settings.Seal {
		return err
	}
	err = e.vault.Check(ctx)
	if errors.Is(err, vault.ErrNoMaster) || errors.Is(err, vault.ErrForged) {
		return fmt.Errorf("%w; what is stored here is sealed: put the key back from where its copy is kept, or name it by CHARTLINE_MASTER_KEY, "+
			"CHARTLINE_MASTER_KEY_FILE or --kms-command", err)
	}
	return err
}

// shredded is the list of shredded keys, as it is read.
func (e *engine) shredded(ctx context.Context) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := e.vault.WriteShredded(ctx, w)
		_ = w.CloseWithError(err) // never fails
	}()
	return r
}

// backupPurpose is what the parts of backups are sealed for.
const backupPurpose = "backup"

func (e *engine) sealBackup(ctx context.Context, to io.Writer) (io.WriteCloser, error) {
	master, err := masterOf(e.settings)
	if err != nil {
		return nil, err
	}
	return vault.SealStream(ctx, master, backupPurpose, to)
}

// unseal has a target open what is sealed with the master key that the settings
// name.
func (t *openedTarget) unseal(c config.Config) {
	t.OpenWith(func(ctx context.Context, from io.Reader) (io.Reader, error) {
		master, err := masterOf(c)
		if err != nil {
			return nil, err
		}
		plain, err := vault.OpenStream(ctx, master, backupPurpose, from)
		if errors.Is(err, vault.ErrNoMaster) || errors.Is(err, vault.ErrForged) {
			err = fmt.Errorf("%w: %w; name it by --master-key-file, CHARTLINE_MASTER_KEY or --kms-command", backup.ErrSealed, err)
		}
		return plain, err
	})
}

// keysOnly are the settings of a command that may do without data: they say at
// least where the master key is.
func (a *app) keysOnly() (config.Config, error) {
	c, err := a.config()
	if err == nil {
		return c, nil
	}
	flags := maps.Clone(a.flags)
	flags["data"] = os.TempDir() // nothing is read there but what is named
	return config.Load(config.Sources{Env: a.env, Flags: flags})
}

// masterKey puts the master key of a backup back where there is none, and says
// where one is needed.
func (r *restoring) masterKey() error {
	if r.settings.MasterKeyGiven {
		return nil
	}
	file := r.settings.MasterKeyFile
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, ok := r.manifest.Extra(extraMasterKey); ok {
		return r.writeExtra(r.target, r.manifest, extraMasterKey, file)
	}
	return nil
}

// shred destroys again what was destroyed since the backup: the keys in the lists
// of every backup that is at hand, newer ones too.
func (r *restoring) shred(aside *aside) error {
	all, err := r.target.All(r.ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if _, ok := m.Extra(extraShredded); !ok {
			continue
		}
		list, err := r.target.Part(r.ctx, m, extraShredded)
		if err != nil {
			return err
		}
		gone, err := vault.Replay(r.ctx, aside.db, list)
		if err := errors.Join(err, list.Close()); err != nil {
			return err
		}
		r.doc.Shredded += gone
	}
	if r.doc.Shredded > 0 {
		r.doc.Attention = append(r.doc.Attention, fmt.Sprintf("%d objects were deleted since: their keys are destroyed again, but their rows came back; "+
			"chartline scrub names them, chartline recording delete removes them", r.doc.Shredded))
	}
	return nil
}

// sealedMedia is where aside's recordings are put back, with aside's keys.
func (r *restoring) sealedMedia(aside *aside, media blob.Store) (*seal.Store, error) {
	master, err := masterOf(r.settings)
	if err != nil {
		return nil, err
	}
	keys := vault.New(vault.Options{Store: aside.db, Master: master})
	used, err := keys.InUse(r.ctx)
	if err == nil && used && keys.Check(r.ctx) != nil {
		r.doc.Attention = append(r.doc.Attention, "what was put back is sealed, and its master key is not here: the server will not start before it is put back too")
	}
	return seal.New(seal.Options{Under: media, Keys: keys}), err
}

// backupMaster returns the master key of a backup: its own, or the one that its
// parts were sealed with; nil where it has none.
func (a *app) backupMaster(target *backup.Target, m backup.Manifest) (vault.Master, error) {
	if _, ok := m.Extra(extraMasterKey); ok {
		text, err := a.readExtra(target, m, extraMasterKey)
		if err != nil {
			return nil, err
		}
		return vault.ParseRing(string(text))
	}
	if !m.Sealed() {
		return nil, nil
	}
	settings, err := a.keysOnly()
	if err != nil {
		return nil, err
	}
	return masterOf(settings)
}

// proveSealing sees that a backup's list of shredded keys can be replayed, and
// that its master key, where it has one, is the one that its keys hang on.
func (a *app) proveSealing(target *backup.Target, m backup.Manifest, db store.Store) error {
	if _, ok := m.Extra(extraShredded); ok {
		list, err := a.readExtra(target, m, extraShredded)
		if err == nil {
			_, err = vault.Replay(a.ctx, db, bytes.NewReader(list))
		}
		if err != nil {
			return fmt.Errorf("%w: its list of shredded keys: %w", backup.ErrIncomplete, err)
		}
	}
	master, err := a.backupMaster(target, m)
	if err == nil && master != nil {
		err = vault.New(vault.Options{Store: db, Master: master}).Check(a.ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: its master key: %w", backup.ErrIncomplete, err)
	}
	return nil
}

// checkSealing says whether stored bytes are encrypted, where the master key is,
// and what relies on an encrypted volume.
func (a *app) checkSealing(e *engine) finding {
	const name = "encryption at rest"
	const rows = "; rows that can be searched are plain in the database and rely on an encrypted volume"
	s, err := e.keyStatus(a.ctx)
	if err != nil {
		return finding{name, broken, explain(err), "see what is said of the database"}
	}
	switch {
	case !s.Usable && (s.Sealing || s.InstanceKeys > 0):
		return finding{name, broken, s.Problem, "put the master key back from where its copy is kept, or name it: --master-key-file, CHARTLINE_MASTER_KEY or --kms-command; without it what is sealed cannot be read"}
	case !s.Sealing:
		return finding{name, warned, "off: what is stored from now on is plain" + rows, "turn it on (--seal on) and run chartline key seal, or keep the media on an encrypted volume"}
	case s.Former > 0 || s.Unfinished > 0:
		return finding{name, warned, "a rotation of keys did not come to its end", "run chartline key status: it says what to do"}
	case s.Beside:
		return finding{name, warned, "stored bytes are sealed; the master key is " + s.Master + ", beside the data that it opens" + rows,
			"whoever takes this disk can read it: keep the key elsewhere (--master-key-file, CHARTLINE_MASTER_KEY or --kms-command), with a copy apart from the backups; docs/ops/encryption.md has both"}
	}
	return finding{Check: name, Verdict: fine, Found: "stored bytes are sealed; the master key is " + s.Master + rows + " (docs/ops/encryption.md)"}
}
