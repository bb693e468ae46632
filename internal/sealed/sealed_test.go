package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
)

func TestASealedFileComesBackFromTheFrontAndAtAnyPlace(t *testing.T) {
	t.Parallel()
	for _, n := range sizes() {
		k, plain := NewKey(), data(n)
		file := seal(t, k, plain)
		if got := int64(len(file)); got != Size(int64(n)) {
			t.Errorf("%d bytes are sealed in %d, Size says %d", n, got, Size(int64(n)))
		}
		if !IsSealed(file) || IsSealed(plain) {
			t.Errorf("%d bytes: IsSealed is wrong", n)
		}
		r, err := NewReader(bytes.NewReader(file), k)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes from the front: %d came back, %v", n, len(got), err)
		}
		f := open(t, file, k)
		if f.Size() != int64(n) || f.CheckEnd() != nil {
			t.Errorf("%d bytes: size %d, end %v", n, f.Size(), f.CheckEnd())
		}
		if got := readAll(t, f); !bytes.Equal(got, plain) {
			t.Errorf("%d bytes at any place: %d came back", n, len(got))
		}
		if 0 < n && n <= 100 { // it reads from every byte on
			if err := iotest.TestReader(io.NewSectionReader(f, 0, f.Size()), plain); err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	}
}

func TestASealedFileIsOneOfTheAgeProgramAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	for _, n := range sizes() {
		k, plain := NewKey(), data(n)
		id, err := age.NewScryptIdentity(k.Passphrase())
		if err != nil {
			t.Fatal(err)
		}
		file := seal(t, k, plain)
		at, size, err := age.DecryptReaderAt(bytes.NewReader(file), int64(len(file)), id)
		if err != nil || size != int64(n) {
			t.Fatalf("%d bytes: age opens %d, %v", n, size, err)
		}
		if got, err := io.ReadAll(io.NewSectionReader(at, 0, size)); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: age reads %d, %v", n, len(got), err)
		}
		r, err := NewSealingReader(iotest.OneByteReader(bytes.NewReader(plain[:min(n, 2000)])), k)
		if err != nil {
			t.Fatal(err)
		}
		file, err = io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, open(t, file, k)); !bytes.Equal(got, plain[:min(n, 2000)]) {
			t.Errorf("%d bytes: what age's reader sealed comes back as %d", n, len(got))
		}
	}
}

// The file was made by the age program's own library, with a random header.
func TestAKnownFileOpensToItsKnownBytes(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/known.age")
	if err != nil {
		t.Fatal(err)
	}
	var k Key
	for i := range k {
		k[i] = byte(i)
	}
	want := strings.Repeat("A visit of an invented patient. ", 2100) // two chunks
	if got := readAll(t, open(t, file, k)); string(got) != want {
		t.Errorf("the known file came back as %d other bytes", len(got))
	}
	k[0]++
	if _, err := Open(bytes.NewReader(file), int64(len(file)), k, &Buffers{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("with another key: %v, want ErrDamaged", err)
	}
}

func TestRangesAreWrittenAndTouchTheirOwnChunksOnly(t *testing.T) {
	t.Parallel()
	k, plain := NewKey(), data(5*ChunkSize+100)
	file := seal(t, k, plain)
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a test's own
	for range 200 {
		off := random.Int64N(int64(len(plain)))
		n := random.Int64N(int64(len(plain)) - off)
		src := &counted{r: bytes.NewReader(file)}
		f, err := Open(src, int64(len(file)), k, &Buffers{})
		if err != nil {
			t.Fatal(err)
		}
		src.bytes = 0
		var out bytes.Buffer
		if m, err := f.WriteRange(&out, off, n); m != n || err != nil || !bytes.Equal(out.Bytes(), plain[off:off+n]) {
			t.Fatalf("WriteRange(%d, %d) = %d, %v", off, n, m, err)
		}
		if chunks := (off+n+ChunkSize-1)/ChunkSize - off/ChunkSize; n > 0 && src.bytes > chunks*sealedChunk {
			t.Errorf("%d bytes from %d read %d of the file, want %d chunks", n, off, src.bytes, chunks)
		}
	}
	f := open(t, file, k)
	for _, bad := range [][2]int64{{-1, 1}, {0, -1}, {0, f.Size() + 1}, {f.Size(), 1}, {1, 1<<63 - 1}, {1<<63 - 1, 1}} {
		if n, err := f.WriteRange(io.Discard, bad[0], bad[1]); n != 0 || err == nil {
			t.Errorf("WriteRange(%d, %d) = %d, %v; want an error", bad[0], bad[1], n, err)
		}
	}
	broken := errors.New("the line broke")
	if _, err := f.WriteRange(writerFunc(func([]byte) (int, error) { return 0, broken }), 0, 10); !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
		t.Errorf("a writer that fails: %v, want its own error", err)
	}
}

func TestASourceThatFailsIsNotCalledDamaged(t *testing.T) {
	t.Parallel()
	k := NewKey()
	file := seal(t, k, data(3*ChunkSize))
	broken := errors.New("the disk broke")
	for _, after := range []int{0, 100, Prefix + 10, Prefix + sealedChunk + 1} {
		r, err := NewReader(io.MultiReader(bytes.NewReader(file[:after]), iotest.ErrReader(broken)), k)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
			t.Errorf("after %d bytes: %v, want the disk's error", after, err)
		}
		at := readerAtFunc(func([]byte, int64) (int, error) { return 0, broken })
		if _, err := Open(at, int64(len(file)), k, &Buffers{}); !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
			t.Errorf("Open: %v, want the disk's error", err)
		}
	}
}

func TestPlainSizeKnowsExactlyTheSizesThatFilesHave(t *testing.T) {
	t.Parallel()
	at := map[int64]int64{}
	for n := range int64(3*ChunkSize + 10) {
		at[Size(n)] = n
	}
	for size := range Size(3 * ChunkSize) {
		want, known := at[size]
		if got, ok := PlainSize(size); ok != known || ok && got != want {
			t.Fatalf("PlainSize(%d) = %d, %v; want %d, %v", size, got, ok, want, known)
		}
	}
}

func TestAKeyNeverShowsItself(t *testing.T) {
	t.Parallel()
	k := NewKey()
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k), k.LogValue().String()} {
		if strings.Contains(text, k.Passphrase()[:8]) || !strings.Contains(text, "hidden") {
			t.Errorf("a key shows as %q", text)
		}
	}
}

func sizes() []int {
	return []int{0, 1, 100, ChunkSize - 1, ChunkSize, ChunkSize + 1, 2 * ChunkSize, 3*ChunkSize + 5}
}

func data(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)}).Read(p)
	return p
}

func seal(t testing.TB, k Key, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t testing.TB, file []byte, k Key) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(file), int64(len(file)), k, &Buffers{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func readAll(t testing.TB, f *File) []byte {
	t.Helper()
	got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

type counted struct {
	r     io.ReaderAt
	bytes int64
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.bytes += int64(n)
	return n, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

type readerAtFunc func([]byte, int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }
