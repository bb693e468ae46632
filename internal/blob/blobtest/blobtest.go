package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"chartline/internal/blob"
)

// Run shows that the stores that open makes keep Store's promises. open is
// called once a test and returns an empty store of that test's own.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	tests := []struct {
		name string
		run  func(*testing.T, blob.Store)
	}{
		{"an object comes back as it was stored, whatever its size", roundTrip},
		{"a read starts anywhere, and past the end there is nothing", ranges},
		{"opening tells a missing object from one of another size", openChecks},
		{"an object is never replaced", neverReplaced},
		{"of many writers of one key one wins, whole", oneWriterWins},
		{"writers of many keys do not disturb each other", manyWriters},
		{"removing works, and again, and of what never was", removing},
		{"a removed key can be used again", removedKeyIsFree},
		{"a stream over the limit leaves nothing", tooLarge},
		{"a stream at the limit is stored", atLimit},
		{"a stream of another digest leaves nothing", wrongDigest},
		{"a stream of the announced digest is stored", rightDigest},
		{"a stream whose digest nobody wants is stored all the same", withoutDigest},
		{"a stream that fails leaves nothing", failingStream},
		{"a stream that breaks off does not pass for one that ended", brokenStream},
		{"a stream that panics leaves nothing", panickingStream},
		{"a cancelled write leaves nothing", cancelledWrite},
		{"a cancelled context is refused everywhere", cancelledContext},
		{"hostile keys are refused everywhere", hostileKeys},
		{"listing goes in bytewise key order", listOrder},
		{"listing keeps to the prefix, and to whole keys", listPrefix},
		{"listing may be stopped and tells size and time", listStop},
		{"a healthy store passes its check", healthy},
		{"sweeping an orderly store removes nothing, also under a writer", sweepKeepsLive},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, open(t))
		})
	}
}

// Data returns n bytes that are the same for the same n and unlike for others.
func Data(n int) []byte {
	p := make([]byte, n)
	var seed [32]byte
	copy(seed[:], fmt.Sprint("chartline ", n))
	_, _ = rand.NewChaCha8(seed).Read(p)
	return p
}

// MustPut stores data under key.
func MustPut(t *testing.T, s blob.Store, key string, data []byte) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), key, bytes.NewReader(data), blob.PutOptions{})
	if err != nil {
		t.Fatalf("Put %s: %v", key, err)
	}
	if want := (blob.Info{Size: int64(len(data)), SHA256: sha256.Sum256(data)}); info != want {
		t.Fatalf("Put %s = %v, want %v", key, info, want)
	}
	return info
}

// MustHold shows that data, and nothing else, is under key.
func MustHold(t *testing.T, s blob.Store, key string, data []byte) {
	t.Helper()
	o, err := s.Open(t.Context(), key, int64(len(data)))
	if err != nil {
		t.Fatalf("Open %s: %v", key, err)
	}
	defer o.Close()
	if o.Size() != int64(len(data)) {
		t.Errorf("%s has size %d, want %d", key, o.Size(), len(data))
	}
	got, err := io.ReadAll(o)
	if err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("%s came back as %d other bytes", key, len(got))
	}
}

// MustBeEmpty shows that s holds no object and no left-over of one.
func MustBeEmpty(t *testing.T, s blob.Store) {
	t.Helper()
	for e, err := range s.List(t.Context(), "") {
		t.Errorf("left behind: %+v, %v", e, err)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("Sweep found %d temporary files, %v", n, err)
	}
}

// mustLack shows that key holds nothing, and that a later write of it works.
func mustLack(t *testing.T, s blob.Store, key string) {
	t.Helper()
	if o, err := s.Open(t.Context(), key, -1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Open %s = %v, %v; want ErrNotFound", key, o, err)
	}
	MustBeEmpty(t, s)
	MustPut(t, s, key, Data(10))
	MustHold(t, s, key, Data(10))
}

// Keys returns the keys of a listing.
func Keys(t *testing.T, s blob.Store, prefix string) []string {
	t.Helper()
	keys := []string{}
	for e, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("List %q: %v", prefix, err)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

func roundTrip(t *testing.T, s blob.Store) {
	for _, n := range []int{0, 1, 511, 512, 513, 64 << 10, 128<<10 - 1, 128 << 10, 128<<10 + 1, 9 << 20} {
		key := fmt.Sprintf("acme/live/size-%d", n)
		MustPut(t, s, key, Data(n))
		MustHold(t, s, key, Data(n))
	}
	text := []byte("\ufeff«Grüß Gott» שלום 你好 🎙 \u202e\x00\xff\r\n")
	if _, err := s.Put(t.Context(), "text", iotest.OneByteReader(bytes.NewReader(text)), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	MustHold(t, s, "text", text)
	if _, err := s.Put(t.Context(), "data-and-end-at-once", iotest.DataErrReader(bytes.NewReader(Data(300<<10))), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	MustHold(t, s, "data-and-end-at-once", Data(300<<10))
}

func ranges(t *testing.T, s blob.Store) {
	data := Data(100_000)
	MustPut(t, s, "a", data)
	o, err := s.Open(t.Context(), "a", -1)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, off := range []int64{0, 1, 65_535, 99_999} {
		if pos, err := o.Seek(off, io.SeekStart); pos != off || err != nil {
			t.Fatalf("Seek(%d) = %d, %v", off, pos, err)
		}
		if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, data[off:]) {
			t.Errorf("from %d: %d bytes, %v", off, len(got), err)
		}
		p := make([]byte, 1)
		if n, err := o.ReadAt(p, off); n != 1 || p[0] != data[off] || (err != nil && err != io.EOF) {
			t.Errorf("ReadAt(%d) = %d, %v", off, n, err)
		}
	}
	if pos, err := o.Seek(-10, io.SeekEnd); pos != 99_990 || err != nil {
		t.Errorf("Seek from the end = %d, %v", pos, err)
	}
	if _, err := o.Seek(-1, io.SeekStart); err == nil {
		t.Error("Seek before the start succeeded")
	}
	p := make([]byte, 20)
	if n, err := o.ReadAt(p, 99_990); n != 10 || err != io.EOF {
		t.Errorf("ReadAt over the end = %d, %v; want 10, EOF", n, err)
	}
	for _, off := range []int64{100_000, 100_001, 1 << 40} {
		if n, err := o.ReadAt(p, off); n != 0 || err != io.EOF {
			t.Errorf("ReadAt(%d) = %d, %v; want 0, EOF", off, n, err)
		}
		if _, err := o.Seek(off, io.SeekStart); err != nil {
			t.Errorf("Seek(%d): %v", off, err)
		}
		if n, err := o.Read(p); n != 0 || err != io.EOF {
			t.Errorf("Read at %d = %d, %v; want 0, EOF", off, n, err)
		}
	}
}

func openChecks(t *testing.T, s blob.Store) {
	MustPut(t, s, "acme/a", Data(1000))
	MustPut(t, s, "acme/empty", nil)
	for _, tt := range []struct {
		key  string
		size int64
		want error
	}{
		{"acme/a", 1000, nil}, {"acme/a", -1, nil}, {"acme/empty", 0, nil},
		{"acme/a", 999, blob.ErrDamaged}, {"acme/a", 1001, blob.ErrDamaged}, {"acme/a", 0, blob.ErrDamaged},
		{"acme/empty", 1, blob.ErrDamaged},
		{"acme/b", 1000, blob.ErrNotFound}, {"acme/b", -1, blob.ErrNotFound}, {"other/a", -1, blob.ErrNotFound},
		{"acme", -1, blob.ErrNotFound}, {"acme/a/b", -1, blob.ErrNotFound}, {"acme/a-", -1, blob.ErrNotFound},
	} {
		o, err := s.Open(t.Context(), tt.key, tt.size)
		if !errors.Is(err, tt.want) {
			t.Errorf("Open(%s, %d): %v, want %v", tt.key, tt.size, err, tt.want)
		}
		if err != nil {
			if o != nil {
				t.Errorf("Open(%s, %d) returned an object beside its error", tt.key, tt.size)
			}
			continue
		}
		if err := o.Close(); err != nil {
			t.Errorf("closing %s: %v", tt.key, err)
		}
	}
}

func neverReplaced(t *testing.T, s blob.Store) {
	MustPut(t, s, "acme/a", Data(1000))
	for _, data := range [][]byte{Data(1000), Data(2000), nil} {
		if _, err := s.Put(t.Context(), "acme/a", bytes.NewReader(data), blob.PutOptions{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a second Put: %v, want fs.ErrExist", err)
		}
	}
	MustHold(t, s, "acme/a", Data(1000))
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
}

func cancelledContext(t *testing.T, s blob.Store) {
	MustPut(t, s, "a", Data(10))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, putErr := s.Put(ctx, "b", bytes.NewReader(Data(10)), blob.PutOptions{})
	_, openErr := s.Open(ctx, "a", -1)
	var listErr error
	for _, err := range s.List(ctx, "") {
		listErr = err
	}
	for op, err := range map[string]error{
		"Put": putErr, "Open": openErr, "Remove": s.Remove(ctx, "a"), "List": listErr, "Check": s.Check(ctx),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", op, err)
		}
	}
	MustHold(t, s, "a", Data(10))
}

func healthy(t *testing.T, s blob.Store) {
	MustPut(t, s, "a", Data(10))
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	if got := Keys(t, s, ""); len(got) != 1 {
		t.Errorf("after Check the store lists %q", got)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("after Check Sweep = %d, %v", n, err)
	}
}
