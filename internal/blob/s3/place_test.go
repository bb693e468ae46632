package s3_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
	"chartline/internal/blob/s3"
	"chartline/internal/blob/s3/s3test"
)

func TestAPlaceThatOthersUseIsRefused(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	o := server.Bucket(t)
	if _, err := s3.Open(t.Context(), o); !errors.Is(err, s3.ErrForeign) {
		t.Errorf("opening an empty place: %v, want ErrForeign", err)
	}
	theirs := o.Prefix + "/1771585033302"
	if _, err := server.Client.PutObject(t.Context(), o.Bucket, theirs, strings.NewReader("RIFF"), 4, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s3.Create(t.Context(), o); !errors.Is(err, s3.ErrForeign) {
		t.Errorf("beginning where others keep something: %v, want ErrForeign", err)
	}
	o.Prefix = "another"
	s := create(t, o)
	blobtest.MustPut(t, s, "a", blobtest.Data(10))
	again := create(t, o)
	blobtest.MustHold(t, again, "a", blobtest.Data(10))
	if got := blobtest.Keys(t, again, ""); !slices.Equal(got, []string{"a"}) {
		t.Errorf("listed %q: what is beside the prefix is not ours", got)
	}
	if err := server.Client.RemoveObject(t.Context(), o.Bucket, "another/.chartline", minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, s3.ErrForeign) {
		t.Errorf("without its mark: %v, want ErrForeign", err)
	}
}

func TestTheWholeBucketMayBeTheStore(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t).Bucket(t)
	o.Prefix = ""
	s := create(t, o)
	blobtest.MustPut(t, s, "acme/live/a", blobtest.Data(10))
	if got := blobtest.Keys(t, s, ""); !slices.Equal(got, []string{"acme/live/a"}) {
		t.Errorf("listed %q", got)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestALongListingIsWhole(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	o := server.Bucket(t)
	s := create(t, o)
	const n = 2345
	dir := server.File(o.Bucket, o.Prefix+"/many")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("o%05d", i)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := blobtest.Keys(t, s, "many/")
	if len(got) != n || !slices.IsSorted(got) || got[n-1] != fmt.Sprintf("many/o%05d", n-1) {
		t.Errorf("%d keys, want %d in order", len(got), n)
	}
}

func TestASweepAbortsUploadsThatNobodyIsAt(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	o := server.Bucket(t)
	o.Limits = s3.Limits{Part: 5 << 20, Abandoned: time.Nanosecond}
	s := create(t, o)
	core := minio.Core{Client: server.Client}
	for _, name := range []string{o.Prefix + "/acme/left", o.Prefix + "/acme/left", "of-others/left"} {
		if _, err := core.NewMultipartUpload(t.Context(), o.Bucket, name, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	patient := o
	patient.Limits.Abandoned = 0
	if n, err := create(t, patient).Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("uploads of this minute: %d swept, %v", n, err)
	}
	swept := 0
	r := io.MultiReader(bytes.NewReader(blobtest.Data(6<<20)), readerFunc(func([]byte) (int, error) {
		n, err := s.Sweep(t.Context())
		swept += n
		if err != nil {
			return 0, err
		}
		return 0, io.EOF
	}))
	if _, err := s.Put(t.Context(), "acme/live", r, blob.PutOptions{}); err != nil || swept != 2 {
		t.Errorf("%d swept under a writer, want the 2 that were left: %v", swept, err)
	}
	blobtest.MustHold(t, s, "acme/live", blobtest.Data(6<<20))
	left := 0
	for u := range server.Client.ListIncompleteUploads(t.Context(), o.Bucket, "of-others/", true) {
		if u.Err != nil {
			t.Fatal(u.Err)
		}
		left++
	}
	if left != 1 {
		t.Errorf("%d uploads of others are there, want theirs", left)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestTLSAndTheBucketInTheHostsName(t *testing.T) {
	t.Parallel()
	p, o := newProxy(t, s3test.Start(t))
	front := httptest.NewTLSServer(p)
	t.Cleanup(front.Close)
	o.Endpoint, o.PathStyle = "https://"+s3test.Domain, false
	o = s3.DialTo(o, front.Listener.Addr().String())
	if _, err := s3.Create(t.Context(), o); err == nil {
		t.Error("a certificate of nobody was trusted")
	}
	if n := len(p.requests()); n != 0 {
		t.Errorf("%d requests went to a server that nobody vouches for", n)
	}
	o.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(o.CAFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	s := create(t, o)
	blobtest.MustPut(t, s, "acme/live/a", blobtest.Data(6<<20))
	blobtest.MustHold(t, s, "acme/live/a", blobtest.Data(6<<20))
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNewKeysAreNoticedAndWrongOnesAreSaid(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t).Bucket(t)
	create(t, o)
	var asked atomic.Int64
	o.Keys = func() (s3.Keys, error) {
		if asked.Add(1) == 1 {
			return s3.Keys{}, errors.New("the file of keys is not there")
		}
		return s3test.Keys()
	}
	o.Limits = s3.Limits{Attempts: 3, Pause: time.Millisecond}
	if _, err := s3.Open(t.Context(), o); err != nil {
		t.Errorf("keys that came late: %v", err)
	}
	o.Keys = func() (s3.Keys, error) { return s3.Keys{Access: "someone", Secret: "hunter2-hunter2"}, nil }
	_, err := s3.Open(t.Context(), o)
	if err == nil || errors.Is(err, s3.ErrForeign) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("wrong keys: %v", err)
	}
}

func TestAStoreThatReplacesObjectsFailsItsCheck(t *testing.T) {
	t.Parallel()
	p, o := newProxy(t, s3test.Start(t))
	s := create(t, o)
	p.once(3, agreed) // the write of what is there already
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "If-None-Match") {
		t.Errorf("got %v", err)
	}
}

func TestAStoreWithoutChecksumsServesToo(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t).Bucket(t)
	o.NoChecksums = true
	o.Limits.Part = 5 << 20
	s := create(t, o)
	for _, n := range []int{0, 1000, 6 << 20} {
		blobtest.MustPut(t, s, fmt.Sprint(n), blobtest.Data(n))
		blobtest.MustHold(t, s, fmt.Sprint(n), blobtest.Data(n))
	}
}

// Not parallel: it counts what the whole process takes.
func TestAPutTakesTheMemoryOfOnePart(t *testing.T) {
	o := s3test.Start(t).Bucket(t)
	o.Limits.Part = 5 << 20
	s := create(t, o)
	measure := func(size int64) (allocated uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), nil }), size)
		if _, err := s.Put(context.Background(), fmt.Sprint("k/", size), r, blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := measure(6<<20), measure(100<<20)
	if large > small+6<<20 {
		t.Errorf("6 MiB take %d bytes of memory, 100 MiB %d", small, large)
	}
}

func TestManyLargeUploadsTakeTurnsAndSmallOnesDoNotWait(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t).Bucket(t)
	o.Limits = s3.Limits{Parts: 1, Patience: 100 * time.Millisecond}
	s := create(t, o)
	held, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	waits := io.MultiReader(bytes.NewReader(blobtest.Data(2<<20)), readerFunc(func([]byte) (int, error) {
		close(held)
		<-goOn
		return 0, io.EOF
	}))
	go func() {
		_, err := s.Put(t.Context(), "first", waits, blob.PutOptions{})
		done <- err
	}()
	<-held
	if _, err := s.Put(t.Context(), "second", bytes.NewReader(blobtest.Data(2<<20)), blob.PutOptions{}); err == nil {
		t.Error("two large uploads at once, with room for one")
	}
	blobtest.MustPut(t, s, "small", blobtest.Data(900_000))
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
	blobtest.MustPut(t, s, "second", blobtest.Data(2<<20))
	blobtest.MustHold(t, s, "first", blobtest.Data(2<<20))
}
