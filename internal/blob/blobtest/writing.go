package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"
	"testing/iotest"

	"chartline/internal/blob"
)

func oneWriterWins(t *testing.T, s blob.Store) {
	const writers = 16
	var all sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, writers)
	for i := range writers {
		all.Go(func() {
			<-start
			_, errs[i] = s.Put(t.Context(), "acme/live/a", bytes.NewReader(Data(200_000+i)), blob.PutOptions{})
		})
	}
	close(start)
	all.Wait()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			t.Errorf("writers %d and %d both won", winner, i)
		case !errors.Is(err, fs.ErrExist):
			t.Errorf("a loser got %v, want fs.ErrExist", err)
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	MustHold(t, s, "acme/live/a", Data(200_000+winner))
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
}

func manyWriters(t *testing.T, s blob.Store) {
	const writers, each = 8, 10
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				// Every two writers share a directory that neither has made before.
				key := fmt.Sprintf("t%d/i%d/o%d-%d", w/2, i, w, i)
				if _, err := s.Put(t.Context(), key, bytes.NewReader(Data(1000*w+i)), blob.PutOptions{}); err != nil {
					t.Errorf("Put %s: %v", key, err)
				}
			}
		})
	}
	all.Wait()
	for w := range writers {
		for i := range each {
			MustHold(t, s, fmt.Sprintf("t%d/i%d/o%d-%d", w/2, i, w, i), Data(1000*w+i))
		}
	}
}

func removing(t *testing.T, s blob.Store) {
	MustPut(t, s, "acme/a", Data(10))
	MustPut(t, s, "acme/b", Data(20))
	for range 2 {
		for _, key := range []string{"acme/a", "acme/never", "never/never", "acme", "acme/b/never"} {
			if err := s.Remove(t.Context(), key); err != nil {
				t.Errorf("Remove %s: %v", key, err)
			}
		}
	}
	if _, err := s.Open(t.Context(), "acme/a", -1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Open of a removed object: %v, want ErrNotFound", err)
	}
	MustHold(t, s, "acme/b", Data(20))
}

func removedKeyIsFree(t *testing.T, s blob.Store) {
	MustPut(t, s, "acme/a", Data(10))
	if err := s.Remove(t.Context(), "acme/a"); err != nil {
		t.Fatal(err)
	}
	mustLack(t, s, "acme/a")
}

func tooLarge(t *testing.T, s blob.Store) {
	for _, n := range []int{101, 300_000} {
		if _, err := s.Put(t.Context(), "acme/a", bytes.NewReader(Data(n)), blob.PutOptions{MaxSize: 100}); !errors.Is(err, blob.ErrTooLarge) {
			t.Errorf("%d bytes with a limit of 100: %v, want ErrTooLarge", n, err)
		}
	}
	endless := readerFunc(func(p []byte) (int, error) { return len(p), nil })
	if _, err := s.Put(t.Context(), "acme/a", endless, blob.PutOptions{MaxSize: 1 << 20}); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("an endless stream: %v, want ErrTooLarge", err)
	}
	mustLack(t, s, "acme/a")
}

func atLimit(t *testing.T, s blob.Store) {
	for _, n := range []int{100, 300_000} {
		key := fmt.Sprintf("acme/%d", n)
		if _, err := s.Put(t.Context(), key, bytes.NewReader(Data(n)), blob.PutOptions{MaxSize: int64(n)}); err != nil {
			t.Errorf("%d bytes with that limit: %v", n, err)
		}
		MustHold(t, s, key, Data(n))
	}
}

func wrongDigest(t *testing.T, s blob.Store) {
	sum := sha256.Sum256(Data(999))
	if _, err := s.Put(t.Context(), "acme/a", bytes.NewReader(Data(1000)), blob.PutOptions{SHA256: &sum}); !errors.Is(err, blob.ErrDigest) {
		t.Errorf("Put: %v, want ErrDigest", err)
	}
	mustLack(t, s, "acme/a")
}

func rightDigest(t *testing.T, s blob.Store) {
	sum := sha256.Sum256(Data(1000))
	info, err := s.Put(t.Context(), "acme/a", bytes.NewReader(Data(1000)), blob.PutOptions{SHA256: &sum})
	if err != nil || info.SHA256 != sum || info.Size != 1000 {
		t.Errorf("Put = %v, %v", info, err)
	}
	MustHold(t, s, "acme/a", Data(1000))
}

func withoutDigest(t *testing.T, s blob.Store) {
	for _, n := range []int{0, 1000, 300_000} {
		key := fmt.Sprintf("acme/%d", n)
		info, err := s.Put(t.Context(), key, bytes.NewReader(Data(n)), blob.PutOptions{NoDigest: true, MaxSize: 300_000})
		if want := (blob.Info{Size: int64(n)}); err != nil || info != want {
			t.Errorf("Put = %v, %v; want %v", info, err, want)
		}
		MustHold(t, s, key, Data(n))
	}
}

func failingStream(t *testing.T, s blob.Store) {
	broken := errors.New("the line broke")
	for _, after := range []int{0, 1, 200_000} {
		r := io.MultiReader(bytes.NewReader(Data(after)), iotest.ErrReader(broken))
		if _, err := s.Put(t.Context(), "acme/a", r, blob.PutOptions{}); !errors.Is(err, broken) {
			t.Errorf("a stream that fails after %d bytes: %v, want its own error", after, err)
		}
	}
	mustLack(t, s, "acme/a")
}

func brokenStream(t *testing.T, s blob.Store) {
	for name, err := range map[string]error{
		"unexpected end": io.ErrUnexpectedEOF, "wrapped end": fmt.Errorf("line: %w", io.EOF),
	} {
		r := iotest.DataErrReader(io.MultiReader(bytes.NewReader(Data(1000)), iotest.ErrReader(err)))
		if _, got := s.Put(t.Context(), "acme/a", r, blob.PutOptions{}); !errors.Is(got, err) {
			t.Errorf("%s: %v, want %v", name, got, err)
		}
	}
	mustLack(t, s, "acme/a")
}

func panickingStream(t *testing.T, s blob.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not come through")
			}
		}()
		_, _ = s.Put(t.Context(), "acme/a", readerFunc(func([]byte) (int, error) { panic("reader") }), blob.PutOptions{})
	}()
	mustLack(t, s, "acme/a")
}

func cancelledWrite(t *testing.T, s blob.Store) {
	for _, after := range []int{1, 3} {
		ctx, cancel := context.WithCancel(t.Context())
		reads := 0
		r := readerFunc(func(p []byte) (int, error) {
			if reads++; reads == after {
				cancel()
			}
			return len(p), nil
		})
		if _, err := s.Put(ctx, "acme/a", r, blob.PutOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at read %d: %v, want context.Canceled", after, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	last := readerFunc(func(p []byte) (int, error) {
		cancel()
		return copy(p, "all of it"), io.EOF
	})
	if _, err := s.Put(ctx, "acme/a", last, blob.PutOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled at the last read: %v, want context.Canceled", err)
	}
	mustLack(t, s, "acme/a")
}

// sweepKeepsLive sweeps from within a writer's stream.
func sweepKeepsLive(t *testing.T, s blob.Store) {
	MustPut(t, s, "acme/a", Data(10))
	swept := 0
	r := io.MultiReader(bytes.NewReader(Data(300_000)), readerFunc(func([]byte) (int, error) {
		n, err := s.Sweep(t.Context())
		if err != nil {
			t.Errorf("Sweep: %v", err)
		}
		swept += n
		return 0, io.EOF
	}))
	if _, err := s.Put(t.Context(), "acme/b", r, blob.PutOptions{}); err != nil || swept != 0 {
		t.Errorf("Put under a sweep: %v, %d files swept", err, swept)
	}
	MustHold(t, s, "acme/a", Data(10))
	MustHold(t, s, "acme/b", Data(300_000))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
