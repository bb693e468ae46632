package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
)

func TestASealedFileComesBackFromTheFrontAndAtAnyPlace(t *testing.T) {
	t.Parallel()
	for form, seal := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			for _, n := range sizes() {
				k, plain := NewKey(), data(n)
				mustComeBack(t, seal(t, k, plain), k, plain)
			}
		})
	}
}

// mustComeBack shows that a file is what plain was sealed in.
func mustComeBack(t *testing.T, file []byte, k Key, plain []byte) {
	t.Helper()
	n := len(plain)
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

func TestTheSealingReaderAndTheWriterMakeTheSameFiles(t *testing.T) {
	t.Parallel()
	for _, n := range sizes() {
		k, plain := NewKey(), data(n)
		for name, src := range map[string]io.Reader{
			"whole": bytes.NewReader(plain), "in halves": iotest.HalfReader(bytes.NewReader(plain)), "with its end": iotest.DataErrReader(bytes.NewReader(plain)),
			"in bytes": iotest.OneByteReader(bytes.NewReader(plain[:min(n, 2000)])),
		} {
			want := plain
			if name == "in bytes" {
				want = plain[:min(n, 2000)]
			}
			r, err := NewSealingReader(src, k)
			if err != nil {
				t.Fatal(err)
			}
			file, err := io.ReadAll(r)
			if err != nil || int64(len(file)) != Size(int64(len(want))) {
				t.Fatalf("%d bytes %s: sealed in %d, %v", n, name, len(file), err)
			}
			if got := readAll(t, open(t, file, k)); !bytes.Equal(got, want) {
				t.Errorf("%d bytes %s: %d came back", n, name, len(got))
			}
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, k)
		if err != nil {
			t.Fatal(err)
		}
		for piece := range slices.Chunk(plain, 10_007) {
			if m, err := w.Write(piece); m != len(piece) || err != nil {
				t.Fatalf("Write = %d, %v", m, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, open(t, out.Bytes(), k)); !bytes.Equal(got, plain) {
			t.Errorf("%d bytes in pieces: %d came back", n, len(got))
		}
		if _, err := w.Write([]byte{1}); err == nil {
			t.Error("a closed file takes more")
		}
	}
}

func TestTwoFilesOfOneKeyShareNothing(t *testing.T) {
	t.Parallel()
	k, plain := NewKey(), data(100)
	one, two := seal(t, k, plain), seal(t, k, plain)
	if bytes.Equal(one[len(intro):Prefix], two[len(intro):Prefix]) || bytes.Equal(one[Prefix:], two[Prefix:]) {
		t.Error("the same bytes were sealed to the same bytes")
	}
}

// The files were made by other programs: one by the age program's library, with a
// random header, the other by a few lines of Python beside those of
// docs/ops/encryption.md, with a fixed salt.
func TestKnownFilesOpenToTheirKnownBytes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"known.sealed", "known.age"} {
		file, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var k Key
		for i := range k {
			k[i] = byte(i)
		}
		want := strings.Repeat("A visit of an invented patient. ", 2100) // two chunks
		if got := readAll(t, open(t, file, k)); string(got) != want {
			t.Errorf("%s came back as %d other bytes", name, len(got))
		}
		r, err := NewReader(bytes.NewReader(file), k)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("%s came back from the front as %d other bytes, %v", name, len(got), err)
		}
		k[0]++
		if _, err := Open(bytes.NewReader(file), int64(len(file)), k, &Buffers{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s with another key: %v, want ErrDamaged", name, err)
		}
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

func TestASourceThatBreaksOffIsNotTakenForOneThatEnded(t *testing.T) {
	t.Parallel()
	k := NewKey()
	plain := data(2*ChunkSize + 10)
	file := seal(t, k, plain)
	for _, broken := range []error{io.ErrUnexpectedEOF, fmt.Errorf("line: %w", io.EOF)} {
		for _, n := range []int{0, 10, ChunkSize, 2 * ChunkSize} {
			r, err := NewSealingReader(io.MultiReader(bytes.NewReader(plain[:n]), iotest.ErrReader(broken)), k)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if !errors.Is(err, broken) {
				t.Errorf("sealing, after %d bytes: %v, want %v", n, err, broken)
			}
		}
		for _, n := range []int{0, 10, Prefix, Prefix + sealedChunk, len(file)} {
			r, err := NewReader(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)), k)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if !errors.Is(err, broken) {
				t.Errorf("opening, after %d bytes: %v, want %v", n, err, broken)
			}
		}
	}
	r, err := NewReader(bytes.NewReader(file[:Prefix+sealedChunk]), k)
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("a file cut at a chunk: %v, want ErrDamaged", err)
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

// forms are how files are written now and were written before.
func forms() map[string]func(testing.TB, Key, []byte) []byte {
	return map[string]func(testing.TB, Key, []byte) []byte{"sealed": seal, "age": sealAge}
}

// sealAge seals as the age program does.
func sealAge(t testing.TB, k Key, plain []byte) []byte {
	t.Helper()
	to, err := age.NewScryptRecipient(k.Passphrase())
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(1)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
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
