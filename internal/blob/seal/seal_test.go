package seal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"filippo.io/age"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
	"chartline/internal/blob/dir"
	"chartline/internal/blob/s3"
	"chartline/internal/blob/s3/s3test"
	"chartline/internal/blob/seal"
	"chartline/internal/sealed"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
	"chartline/internal/vault"
)

// world is a sealed store over a directory, with its keys in a database.
type world struct {
	*seal.Store
	under *dir.Store
	vault *vault.Vault
	path  string
}

func open(t *testing.T) world {
	t.Helper()
	path := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlitetest.At(t, filepath.Join(path, "chartline.db")), sqlite.Options{})
	must(t, err)
	under, err := dir.Open(filepath.Join(path, "media"), dir.Options{})
	must(t, err)
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), under.Close()); err != nil {
			t.Error(err)
		}
	})
	ring, err := vault.ParseRing(strings.Repeat("0123456789abcdef", 4))
	must(t, err)
	keys := vault.New(vault.Options{Store: db, Master: ring})
	return world{seal.New(seal.Options{Under: under, Keys: keys}), under, keys, path}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w world) file(key string) string { return filepath.Join(w.path, "media", key) }

func TestASealedDirectoryKeepsTheStoresPromises(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t) })
}

func TestNothingPlainIsOnTheDisk(t *testing.T) {
	t.Parallel()
	w := open(t)
	marker := []byte("MARKER of an invented patient")
	plain := bytes.Repeat(marker, 20_000)
	blobtest.MustPut(t, w, "acme/live/ab/one", plain)
	looked := 0
	slow := io.MultiReader(bytes.NewReader(plain), iotest.ErrReader(errors.New("the line broke")))
	watching := readerFunc(func(p []byte) (int, error) { // also what is on its way in
		n, err := slow.Read(p)
		looked += mustLack(t, w.path, marker)
		return n, err
	})
	if _, err := w.Put(t.Context(), "acme/live/ab/two", watching, blob.PutOptions{}); err == nil {
		t.Error("a broken stream was stored")
	}
	if looked += mustLack(t, w.path, marker); looked < 10 {
		t.Fatalf("only %d files were looked at", looked)
	}
	blobtest.MustHold(t, w, "acme/live/ab/one", plain)
}

// mustLack shows that no file below path holds marker, and counts the files.
func mustLack(t *testing.T, path string, marker []byte) (files int) {
	t.Helper()
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if files++; bytes.Contains(text, marker) {
			t.Errorf("%s has plain bytes", filepath.Base(name))
		}
		return err
	})
	must(t, err)
	return files
}

func TestWhatIsChangedUnderItIsDamagedAndNeverOtherBytes(t *testing.T) {
	t.Parallel()
	w := open(t)
	plain, other := blobtest.Data(200_000), blobtest.Data(200_001)[:200_000]
	blobtest.MustPut(t, w, "acme/live/ab/one", plain)
	blobtest.MustPut(t, w, "acme/live/ab/two", other)
	whole := read(t, w.file("acme/live/ab/one"))
	flipped := bytes.Clone(whole)
	flipped[sealed.Prefix+100_000] ^= 1
	for name, file := range map[string][]byte{
		"a flipped bit": flipped, "cut at a chunk": whole[:sealed.Prefix+65552], "cut by a byte": whole[:len(whole)-1], "empty": {},
		"another object's": read(t, w.file("acme/live/ab/two")), "the plain bytes": plain, "longer": append(bytes.Clone(whole), 0),
	} {
		must(t, os.WriteFile(w.file("acme/live/ab/one"), file, 0o600))
		for _, size := range []int64{int64(len(plain)), -1} {
			var got []byte
			o, err := w.Open(t.Context(), "acme/live/ab/one", size)
			if err == nil {
				got, err = io.ReadAll(o)
				must(t, o.Close())
			}
			if !errors.Is(err, blob.ErrDamaged) || !bytes.HasPrefix(plain, got) {
				t.Errorf("%s, size %d: %d bytes, %v; want ErrDamaged", name, size, len(got), err)
			}
		}
	}
}

func TestARemovedObjectsCopyCannotBeRead(t *testing.T) {
	t.Parallel()
	w := open(t)
	blobtest.MustPut(t, w, "acme/live/ab/one", blobtest.Data(1000))
	kept := read(t, w.file("acme/live/ab/one"))
	must(t, w.Remove(t.Context(), "acme/live/ab/one"))
	must(t, os.WriteFile(w.file("acme/live/ab/one"), kept, 0o600))
	for _, size := range []int64{1000, -1, int64(len(kept))} {
		if _, err := w.Open(t.Context(), "acme/live/ab/one", size); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("a copy of what was removed opens, size %d: %v", size, err)
		}
	}
	for e, err := range w.List(t.Context(), "") {
		if err != nil || e.Size != int64(len(kept)) {
			t.Errorf("what has no key is listed as %v, %v", e, err)
		}
	}
}

func TestAgeFilesFromBeforeAreReadListedAndShredded(t *testing.T) {
	t.Parallel()
	w := open(t)
	k, plain := sealed.NewKey(), blobtest.Data(200_000)
	to, err := age.NewScryptRecipient(k.Passphrase())
	must(t, err)
	to.SetWorkFactor(1)
	file, err := age.EncryptReader(bytes.NewReader(plain), to)
	must(t, err)
	_, err = w.under.Put(t.Context(), "acme/live/ab/before", file, blob.PutOptions{NoDigest: true})
	must(t, err)
	must(t, w.vault.Keep(t.Context(), "acme/live/ab/before", k))
	for _, size := range []int64{int64(len(plain)), -1} {
		o, err := w.Open(t.Context(), "acme/live/ab/before", size)
		must(t, err)
		if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("size %d: %d bytes, %v", size, len(got), err)
		}
		part := make([]byte, 100)
		if _, err := o.ReadAt(part, 65_500); err != nil || !bytes.Equal(part, plain[65_500:65_600]) {
			t.Errorf("size %d: a range came back otherwise, %v", size, err)
		}
		must(t, o.Close())
	}
	for e, err := range w.List(t.Context(), "") {
		if err != nil || e.Size != int64(len(plain)) {
			t.Errorf("listed %v, %v", e, err)
		}
	}
	kept := read(t, w.file("acme/live/ab/before"))
	must(t, w.Remove(t.Context(), "acme/live/ab/before"))
	must(t, os.WriteFile(w.file("acme/live/ab/before"), kept, 0o600))
	if _, err := w.Open(t.Context(), "acme/live/ab/before", -1); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("a copy of what was removed opens: %v", err)
	}
}

func TestPlainObjectsFromBeforeAreReadBesideSealedOnes(t *testing.T) {
	t.Parallel()
	w := open(t)
	blobtest.MustPut(t, w.under, "acme/live/ab/before", blobtest.Data(70_000))
	blobtest.MustPut(t, w, "acme/live/ab/since", blobtest.Data(70_001))
	off := seal.New(seal.Options{Under: w.under, Keys: w.vault, Plain: true})
	blobtest.MustPut(t, off, "acme/live/ab/while-off", blobtest.Data(70_002))
	for _, s := range []*seal.Store{w.Store, off} {
		want := map[string]int64{"acme/live/ab/before": 70_000, "acme/live/ab/since": 70_001, "acme/live/ab/while-off": 70_002}
		for e, err := range s.List(t.Context(), "") {
			if err != nil || want[e.Key] != e.Size {
				t.Errorf("listed %v, %v", e, err)
			}
		}
		for key, size := range want {
			blobtest.MustHold(t, s, key, blobtest.Data(int(size)))
			is, err := s.IsSealed(t.Context(), key)
			if err != nil || is != (key == "acme/live/ab/since") {
				t.Errorf("%s is sealed: %v, %v", key, is, err)
			}
		}
	}
	if _, err := w.Open(t.Context(), "acme/live/ab/before", 1); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("a plain object of another size: %v", err)
	}
}

func TestABrokenWriteLeavesNoKey(t *testing.T) {
	t.Parallel()
	w := open(t)
	sum := sha256.Sum256([]byte("something else"))
	broken := errors.New("the line broke")
	for name, o := range map[string]blob.PutOptions{"too large": {MaxSize: 100}, "another digest": {SHA256: &sum}} {
		if _, err := w.Put(t.Context(), "acme/live/ab/one", bytes.NewReader(blobtest.Data(1000)), o); err == nil {
			t.Errorf("%s: was stored", name)
		}
	}
	full := seal.New(seal.Options{Under: failing{w.under, broken}, Keys: w.vault})
	if _, err := full.Put(t.Context(), "acme/live/ab/one", bytes.NewReader(blobtest.Data(1000)), blob.PutOptions{}); !errors.Is(err, broken) {
		t.Errorf("a store that fails at the end: %v, want its own error", err)
	}
	if _, err := w.vault.Key(t.Context(), "acme/live/ab/one"); !errors.Is(err, sealed.ErrNoKey) {
		t.Errorf("a key was left: %v", err)
	}
	blobtest.MustPut(t, w, "acme/live/ab/one", blobtest.Data(1000))
}

// failing reads the whole of what it is given and then fails.
type failing struct {
	blob.Store
	err error
}

func (f failing) Put(_ context.Context, _ string, r io.Reader, _ blob.PutOptions) (blob.Info, error) {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return blob.Info{}, err
	}
	return blob.Info{}, f.err
}

func TestRangesReadTheirOwnChunks(t *testing.T) {
	t.Parallel()
	w := open(t)
	plain := blobtest.Data(10 << 16)
	blobtest.MustPut(t, w, "acme/live/ab/one", plain)
	// Damage everywhere but in the fifth chunk shows that only that one is read.
	text := read(t, w.file("acme/live/ab/one"))
	for i := range 10 {
		if i != 4 {
			text[sealed.Prefix+i*65552+7] ^= 0xff
		}
	}
	must(t, os.WriteFile(w.file("acme/live/ab/one"), text, 0o600))
	o, err := w.Open(t.Context(), "acme/live/ab/one", int64(len(plain)))
	must(t, err)
	defer o.Close()
	p := make([]byte, 1<<16)
	if n, err := o.ReadAt(p, 4<<16); n != len(p) || err != nil || !bytes.Equal(p, plain[4<<16:5<<16]) {
		t.Errorf("the fifth chunk: %d bytes, %v", n, err)
	}
	var out bytes.Buffer
	n, err := o.(interface {
		WriteRange(w io.Writer, off, n int64) (int64, error)
	}).WriteRange(&out, 5<<16-10, 20)
	if n != 10 || !errors.Is(err, blob.ErrDamaged) || !bytes.Equal(out.Bytes(), plain[5<<16-10:5<<16]) {
		t.Errorf("a range into damage wrote %d bytes, %v", n, err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	return text
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestASealedObjectIsReadThroughInOneRequest has scrubs and backups, which read all
// there is, ask a bucket for each object's head and for the rest, and no more.
func TestASealedObjectIsReadThroughInOneRequest(t *testing.T) {
	t.Parallel()
	options := s3test.Start(t).Bucket(t)
	server, err := url.Parse(options.Endpoint)
	must(t, err)
	var gets atomic.Int64
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(server)
		r.Out.Host = r.In.Host
		if r.In.Method == http.MethodGet {
			gets.Add(1)
		}
	}})
	t.Cleanup(front.Close)
	options.Endpoint = front.URL
	bucket, err := s3.Create(t.Context(), options)
	must(t, err)
	t.Cleanup(func() { must(t, bucket.Close()) })
	w := seal.New(seal.Options{Under: bucket, Keys: open(t).vault})
	plain := blobtest.Data(10<<16 + 5)
	blobtest.MustPut(t, w, "acme/live/ab/one", plain)
	before := gets.Load()
	o, err := w.Open(t.Context(), "acme/live/ab/one", int64(len(plain)))
	must(t, err)
	got, err := io.ReadAll(struct{ io.Reader }{o})
	must(t, errors.Join(err, o.Close()))
	if n := gets.Load() - before; !bytes.Equal(got, plain) || n > 2 {
		t.Errorf("%d bytes of %d in %d requests", len(got), len(plain), n)
	}
}

func TestASealedBucketKeepsTheStoresPromises(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	blobtest.Run(t, func(t *testing.T) blob.Store {
		bucket, err := s3.Create(t.Context(), server.Bucket(t))
		must(t, err)
		t.Cleanup(func() { must(t, bucket.Close()) })
		return seal.New(seal.Options{Under: bucket, Keys: open(t).vault})
	})
}
