package recordings_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/seal"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/testkit"
)

// plainClinic has n recordings from before they were sealed, and the store that
// seals them.
func plainClinic(t *testing.T, n int) (clinic, *seal.Store, []care.Recording) {
	t.Helper()
	c := open(t, testkit.Options{Plain: true})
	return c, seal.New(seal.Options{Under: c.Objects, Keys: c.Vault}), c.fill(t, n)
}

// plainFiles counts the stored files that begin as recordings do.
func (c clinic) plainFiles(t *testing.T) (plain int) {
	t.Helper()
	must(t, filepath.WalkDir(c.MediaDir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if bytes.HasPrefix(text, []byte("ID3")) {
			plain++
		}
		return err
	}))
	return plain
}

// holds shows that every recording can be heard.
func (c clinic) holds(t *testing.T, all []care.Recording) {
	t.Helper()
	for _, r := range all {
		content, err := c.Recordings.Open(t.Context(), operator, live, r.ID)
		must(t, err)
		text, err := io.ReadAll(content.Object)
		must(t, errors.Join(err, content.Object.Close()))
		if string(text[:3]) != "ID3" || int64(len(text)) != r.Size {
			t.Errorf("%s came back as %q", r.Name, text)
		}
	}
}

func TestPlainRecordingsAreSealedAndOnlyOnce(t *testing.T) {
	t.Parallel()
	c, into, all := plainClinic(t, 5)
	rotten := filepath.Join(c.MediaDir, all[2].BlobKey)
	must(t, os.WriteFile(rotten, bytes.Repeat([]byte("x"), int(all[2].Size)), 0o600))
	if n := c.plainFiles(t); n != 4 {
		t.Fatalf("%d plain files before, so that this test shows nothing", n)
	}
	for _, want := range []recordings.SealedPlain{{Sealed: 4, Damaged: 1}, {Already: 4, Damaged: 1}} {
		got, err := c.Recordings.SealPlain(t.Context(), operator, into, recordings.SealOptions{})
		if err != nil || got.Sealed != want.Sealed || got.Already != want.Already || got.Damaged != 1 || got.Named[0].ID != all[2].ID {
			t.Errorf("SealPlain = %+v, %v; want %+v", got, err, want)
		}
	}
	if n, keys := c.plainFiles(t), c.keys(t); n != 0 || len(keys) != 5 {
		t.Errorf("%d plain files are left, of %d objects", n, len(keys))
	}
	c.holds(t, append(all[:2:2], all[3:]...))
	if _, err := os.Stat(rotten); err != nil {
		t.Errorf("what was damaged before is gone: %v", err)
	}
	if _, err := c.Recordings.SealPlain(t.Context(), care.Actor{Kind: care.ActorClient, ID: "somebody"}, into, recordings.SealOptions{}); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a client seals: %v", err)
	}
}

// breaking fails every operation after the first n.
type breaking struct {
	recordings.Sealing
	left int
}

var errBroken = errors.New("the machine stopped")

func (b *breaking) step() error {
	if b.left--; b.left < 0 {
		return errBroken
	}
	return nil
}

func (b *breaking) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	if err := b.step(); err != nil {
		return blob.Info{}, err
	}
	info, err := b.Sealing.Put(ctx, key, r, o)
	return info, errors.Join(err, b.step())
}

func (b *breaking) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	if err := b.step(); err != nil {
		return nil, err
	}
	return b.Sealing.Open(ctx, key, size)
}

func TestASealingThatStopsAnywhereLosesNothingAndGoesOn(t *testing.T) {
	t.Parallel()
	for n := range 9 {
		t.Run(fmt.Sprint("after ", n), func(t *testing.T) {
			t.Parallel()
			sealingStopped(t, n)
		})
	}
}

func sealingStopped(t *testing.T, n int) {
	t.Helper()
	c, into, all := plainClinic(t, 2)
	if _, err := c.Recordings.SealPlain(t.Context(), operator, &breaking{into, n}, recordings.SealOptions{}); err == nil && n < 8 {
		t.Fatal("it did not stop")
	}
	c.holds(t, all)
	if _, err := c.Recordings.SealPlain(t.Context(), operator, into, recordings.SealOptions{}); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
	c.holds(t, all)
	if left := c.plainFiles(t); left != 0 {
		t.Errorf("%d plain files are left", left)
	}
	c.later()
	_, err := c.Recordings.Sweep(t.Context(), system)
	must(t, err)
	if keys := c.keys(t); len(keys) != 2 {
		t.Errorf("after a sweep there are %d objects", len(keys))
	}
}

func TestWhatIsSealedIsReadBackBeforeThePlainOneGoes(t *testing.T) {
	t.Parallel()
	c, into, all := plainClinic(t, 1)
	lying := &mangling{Sealing: into, dir: c.MediaDir}
	if got, err := c.Recordings.SealPlain(t.Context(), operator, lying, recordings.SealOptions{}); err == nil || got.Sealed != 0 || got.Damaged != 0 {
		t.Errorf("SealPlain over a store that mangles: %+v, %v", got, err)
	}
	c.holds(t, all)
	if c.plainFiles(t) != 1 {
		t.Error("the plain recording is gone")
	}
}

// mangling changes what was stored.
type mangling struct {
	recordings.Sealing
	dir string
}

func (m *mangling) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	info, err := m.Sealing.Put(ctx, key, r, o)
	if err != nil {
		return info, err
	}
	file := filepath.Join(m.dir, key)
	text, err := os.ReadFile(file)
	if err == nil {
		text[len(text)-1] ^= 1
		err = os.WriteFile(file, text, 0o600)
	}
	return info, err
}
