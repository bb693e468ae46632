package s3_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
	"chartline/internal/blob/s3"
	"chartline/internal/blob/s3/s3test"
)

// world is a store behind a proxy that does harm, and the same store without.
type world struct {
	*proxy
	server *s3test.Server
	o      s3.Options
	store  *s3.Store
	direct *s3.Store
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{server: s3test.Start(t)}
	w.proxy, w.o = newProxy(t, w.server)
	w.store = create(t, w.o)
	direct := w.o
	direct.Endpoint = w.server.URL
	w.direct = create(t, direct)
	return w
}

// unfinished counts the multipart uploads that the server holds.
func (w *world) unfinished(t *testing.T) (n int) {
	t.Helper()
	for u := range w.server.Client.ListIncompleteUploads(t.Context(), w.o.Bucket, "", true) {
		if u.Err != nil {
			t.Fatal(u.Err)
		}
		n++
	}
	return n
}

func read(t *testing.T, s blob.Store, key string) ([]byte, error) {
	t.Helper()
	o, err := s.Open(t.Context(), key, -1)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(o)
}

var sizes = map[string]int{"in one request": 300_000, "in parts": 5<<20 + 1000}

// F21: whatever happens to any one request of an upload, it ends well, once.
func TestAnUploadSurvivesAFaultAtEveryRequest(t *testing.T) {
	t.Parallel()
	w := open(t)
	for how, size := range sizes {
		w.harm(nil)
		blobtest.MustPut(t, w.store, fmt.Sprint("plain/", size), blobtest.Data(size))
		requests := len(w.requests())
		for _, f := range []fault{status500, slowDown, resetBefore, resetAfter, halfBody, flippedUp} {
			for n := 1; n <= requests; n++ {
				key, held := fmt.Sprintf("k-%d-%d/%x", size, n, sha256.Sum256([]byte(f))), w.unfinished(t)
				w.once(n, f)
				info, err := w.store.Put(t.Context(), key, bytes.NewReader(blobtest.Data(size)), blob.PutOptions{})
				if err != nil || info.SHA256 != sha256.Sum256(blobtest.Data(size)) {
					t.Errorf("%s, %s at request %d of %d: %v; %v", how, f, n, requests, err, w.requests())
					continue
				}
				blobtest.MustHold(t, w.direct, key, blobtest.Data(size))
				lostBeginning := how == "in parts" && n == 1 && (f == resetAfter || f == halfBody)
				if now := w.unfinished(t); now > held && !lostBeginning {
					t.Errorf("%s, %s at request %d: an upload was left behind", how, f, n)
				}
			}
		}
	}
}

func TestAnUploadThatCannotEndFailsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	for how, size := range sizes {
		for _, tt := range []struct {
			fault fault
			want  error
		}{{slowDown, nil}, {resetBefore, nil}, {refused, nil}, {flippedUp, nil}, {full, blob.ErrFull}} {
			w.harm(func(_ int, r *http.Request) fault {
				if r.Method == http.MethodPut {
					return tt.fault
				}
				return none
			})
			_, err := w.store.Put(t.Context(), "k", bytes.NewReader(blobtest.Data(size)), blob.PutOptions{})
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s, %s: %v, want %v", how, tt.fault, err, tt.want)
			}
			if n := len(w.requests()); n > 10 {
				t.Errorf("%s, %s: %d requests", how, tt.fault, n)
			}
			if n := w.unfinished(t); n != 0 {
				t.Errorf("%s, %s: %d uploads left behind", how, tt.fault, n)
			}
			blobtest.MustBeEmpty(t, w.direct)
		}
	}
}

func TestWhatOthersStoredIsNotTakenForOnesOwn(t *testing.T) {
	t.Parallel()
	w := open(t)
	for how, size := range sizes {
		key := fmt.Sprint("taken/", size)
		blobtest.MustPut(t, w.direct, key, blobtest.Data(100))
		for _, f := range []fault{none, resetAfter, slowDown} {
			w.harm(func(n int, r *http.Request) fault {
				if n == 1 {
					return f
				}
				return none
			})
			if _, err := w.store.Put(t.Context(), key, bytes.NewReader(blobtest.Data(size)), blob.PutOptions{}); err == nil {
				t.Errorf("%s, %q: an object was replaced", how, f)
			}
		}
		blobtest.MustHold(t, w.direct, key, blobtest.Data(100))
	}
}

// F9, F21: a download goes on where it broke, and where it cannot it never ends
// as if it were whole.
func TestADownloadIsWholeOrAnError(t *testing.T) {
	t.Parallel()
	w := open(t)
	o := w.o
	o.Limits.Stall = 3 * time.Second // for the one that stalls, and no shorter for the others
	short := create(t, o)
	for how, size := range sizes {
		data, key := blobtest.Data(size), fmt.Sprint("k/", size)
		blobtest.MustPut(t, w.direct, key, data)
		for _, f := range []fault{status500, slowDown, resetBefore, resetAfter, halfBody, shortBody, stalled} {
			w.once(2, f)
			s := w.store
			if f == stalled {
				s = short
			}
			if got, err := read(t, s, key); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, %s once: %d bytes, %v; %v", how, f, len(got), err, w.requests())
			}
		}
		for _, f := range []fault{slowDown, resetAfter, refused, flippedDown} {
			w.harm(func(_ int, r *http.Request) fault {
				if r.Method == http.MethodGet {
					return f
				}
				return none
			})
			got, err := read(t, w.store, key)
			if err == nil || len(got) >= size {
				t.Errorf("%s, %s always: %d bytes, %v", how, f, len(got), err)
			}
			if f == flippedDown && !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("%s, %s: %v, want ErrDamaged", how, f, err)
			}
		}
	}
}

func TestASlowStoreIsWaitedForAndAStalledOneIsNot(t *testing.T) {
	t.Parallel()
	w := open(t)
	data := blobtest.Data(300_000)
	blobtest.MustPut(t, w.direct, "k", data)
	o := w.o
	o.Limits.Stall, o.Limits.Attempts = 3*time.Second, 2
	s := create(t, o)
	w.always(trickle)
	begun := time.Now()
	if got, err := read(t, s, "k"); err != nil || !bytes.Equal(got, data) || len(w.requests()) != 2 {
		t.Errorf("slow: %d bytes, %v, %v", len(got), err, w.requests())
	}
	if took := time.Since(begun); took < o.Limits.Stall {
		t.Errorf("the test took %v, less than the stall time that it is about", took)
	}
	o.Limits.Stall = 250 * time.Millisecond
	w.harm(nil)
	s = createInTime(t, o)
	w.harm(func(_ int, r *http.Request) fault {
		if r.Method == http.MethodGet {
			return stalled
		}
		return none
	})
	begun = time.Now()
	if got, err := read(t, s, "k"); err == nil || len(got) > 0 {
		t.Errorf("stalled: %d bytes, %v", len(got), err)
	}
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("a stalled store was waited for %v", took)
	}
}

func TestARangeIsTheRightOneOrAnError(t *testing.T) {
	t.Parallel()
	w := open(t)
	data := blobtest.Data(300_000)
	blobtest.MustPut(t, w.direct, "k", data)
	w.always(wholeBody)
	o, err := w.store.Open(t.Context(), "k", 300_000)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if n, err := o.ReadAt(make([]byte, 100), 1000); n != 0 || err == nil {
		t.Errorf("a store that ignores ranges: %d bytes, %v", n, err)
	}
}

func TestAnObjectThatChangesUnderItsReaderIsDamaged(t *testing.T) {
	t.Parallel()
	w := open(t)
	for how, change := range map[string]func() error{
		"removed": func() error { return nil },
		"replaced": func() error {
			_, err := w.direct.Put(t.Context(), "k", bytes.NewReader(blobtest.Data(300_001)), blob.PutOptions{})
			return err
		},
	} {
		blobtest.MustPut(t, w.direct, "k", blobtest.Data(300_000))
		o, err := w.store.Open(t.Context(), "k", 300_000)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.direct.Remove(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(o); !errors.Is(err, blob.ErrDamaged) || len(got) > 0 {
			t.Errorf("%s: %d bytes, %v, want ErrDamaged", how, len(got), err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if err := w.direct.Remove(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAStoreThatIsGoneIsNotALostObject(t *testing.T) {
	t.Parallel()
	w := open(t)
	blobtest.MustPut(t, w.store, "k", blobtest.Data(10))
	for _, f := range []fault{slowDown, resetBefore, refused} {
		w.always(f)
		_, err := w.store.Open(t.Context(), "k", 10)
		if err == nil || errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrDamaged) {
			t.Errorf("%s: %v", f, err)
		}
		if err := w.store.Check(t.Context()); err == nil {
			t.Errorf("%s passes the check", f)
		}
	}
	w.harm(nil)
	if err := w.store.Check(t.Context()); err != nil {
		t.Errorf("once it is back: %v", err)
	}
	o := w.o
	o.Bucket = "bucket-of-nobody"
	if _, err := s3.Open(t.Context(), o); err == nil || errors.Is(err, s3.ErrForeign) || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("without a bucket: %v", err)
	}
}

func TestReadingForwardIsOneRequest(t *testing.T) {
	t.Parallel()
	w := open(t)
	const size = 6 << 20
	data := blobtest.Data(size)
	blobtest.MustPut(t, w.direct, "k", data)
	for how, tt := range map[string]struct {
		read func(blob.Object) ([]byte, error)
		want []string
		data []byte
	}{
		"small reads": {func(o blob.Object) ([]byte, error) { return io.ReadAll(struct{ io.Reader }{o}) },
			[]string{"bytes=0-6291455"}, data},
		"from a place": {func(o blob.Object) ([]byte, error) {
			_, err := o.Seek(1<<20, io.SeekStart)
			got, readErr := io.ReadAll(o)
			return got, errors.Join(err, readErr)
		}, []string{"bytes=1048576-6291455"}, data[1<<20:]},
		"a few bytes further on": {func(o blob.Object) ([]byte, error) {
			first, rest := make([]byte, 100), make([]byte, 100)
			_, err := io.ReadFull(o, first)
			_, seekErr := o.Seek(5000, io.SeekStart)
			_, restErr := io.ReadFull(o, rest)
			return append(first, rest...), errors.Join(err, seekErr, restErr)
		}, []string{"bytes=0-6291455"}, slices.Concat(data[:100], data[5000:5100])},
		"what is expected": {func(o blob.Object) ([]byte, error) {
			if _, err := o.Seek(7, io.SeekStart); err != nil {
				return nil, err
			}
			o.(interface{ Expect(int64) }).Expect(1000)
			got := make([]byte, 1000)
			_, err := io.ReadFull(o, got)
			return got, err
		}, []string{"bytes=7-1006"}, data[7:1007]},
		"pieces by place": {func(o blob.Object) ([]byte, error) { return io.ReadAll(io.NewSectionReader(o, 0, size)) },
			[]string{"bytes=0-511", "bytes=512-6291455"}, data},
		"written in pieces": {func(o blob.Object) ([]byte, error) {
			if _, err := o.Seek(100, io.SeekStart); err != nil {
				return nil, err
			}
			o.(interface{ Expect(int64) }).Expect(1 << 20)
			var out bytes.Buffer
			for off := int64(100); off < 100+1<<20; off += 1 << 18 {
				if _, err := o.(interface {
					WriteRange(io.Writer, int64, int64) (int64, error)
				}).WriteRange(&out, off, 1<<18); err != nil {
					return nil, err
				}
			}
			return out.Bytes(), nil
		}, []string{"bytes=100-1048675"}, data[100 : 100+1<<20]},
		"one piece": {func(o blob.Object) ([]byte, error) {
			p := make([]byte, 1000)
			n, err := o.ReadAt(p, 70_000)
			return p[:n], err
		}, []string{"bytes=70000-70999"}, data[70_000:71_000]},
	} {
		w.harm(nil)
		o, err := w.store.Open(t.Context(), "k", size)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tt.read(o)
		if err != nil || !bytes.Equal(got, tt.data) {
			t.Errorf("%s: %d bytes, %v", how, len(got), err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		var gets []string
		for _, r := range w.requests() {
			if asked, ok := strings.CutPrefix(r, "GET "); ok {
				gets = append(gets, asked)
			}
		}
		if !slices.Equal(gets, tt.want) {
			t.Errorf("%s: asked for %v, want %v", how, gets, tt.want)
		}
	}
}
