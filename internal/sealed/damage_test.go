package sealed

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
)

// chunked takes a file of whole chunks apart.
func chunked(file []byte) (head []byte, chunks [][]byte) {
	return file[:Prefix], slices.Collect(slices.Chunk(file[Prefix:], sealedChunk))
}

func join(head []byte, chunks ...[]byte) []byte {
	return append(slices.Clone(head), slices.Concat(chunks...)...)
}

func TestChunksThatAreMovedCutOrSplicedAreFound(t *testing.T) {
	t.Parallel()
	for form, seal := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			chunksMovedCutOrSpliced(t, seal)
		})
	}
}

func chunksMovedCutOrSpliced(t *testing.T, seal func(testing.TB, Key, []byte) []byte) {
	t.Helper()
	k, other := NewKey(), NewKey()
	plain := data(4*ChunkSize + 10)
	head, c := chunked(seal(t, k, plain))
	otherHead, o := chunked(seal(t, other, plain))
	againHead, again := chunked(seal(t, k, plain))
	for name, file := range map[string][]byte{
		"two chunks swapped":                    join(head, c[1], c[0], c[2], c[3], c[4]),
		"a chunk left out":                      join(head, c[0], c[2], c[3], c[4]),
		"a chunk twice":                         join(head, c[0], c[0], c[1], c[2], c[3], c[4]),
		"a chunk in another's place":            join(head, c[0], c[1], c[1], c[3], c[4]),
		"the last chunk cut off":                join(head, c[0], c[1], c[2], c[3]),
		"cut in a chunk":                        join(head, c[0], c[1], c[2][:1000]),
		"cut after the header":                  join(head),
		"cut in the header":                     head[:100],
		"something after the end":               append(join(head, c...), 0),
		"a chunk after the end":                 join(head, append(slices.Clone(c), c[0])...),
		"a chunk of another key":                join(head, c[0], o[1], c[2], c[3], c[4]),
		"a chunk of another file of the key":    join(head, c[0], again[1], c[2], c[3], c[4]),
		"the header of another file of the key": join(againHead, c...),
		"the header of another key":             join(otherHead, c...),
		"another file":                          join(otherHead, o...),
		"an empty chunk after a full end":       withEmptyChunk(t, head, plain[:4*ChunkSize], k),
		"nothing":                               nil,
		"plain bytes":                           plain,
	} {
		mustFindDamage(t, name, file, k, plain)
	}
}

// withEmptyChunk is a file whose last chunk, empty, follows on a full one, all of
// it sealed as it should be: what no writer makes.
func withEmptyChunk(t *testing.T, head, plain []byte, k Key) []byte {
	t.Helper()
	aead, err := openPrefix(head, k)
	if err != nil {
		t.Fatal(err)
	}
	file, last := slices.Clone(head), int64(len(plain)/ChunkSize)
	for i := range last {
		nonce := chunkNonce(i, false)
		file = aead.Seal(file, nonce[:], plain[i*ChunkSize:(i+1)*ChunkSize], nil)
	}
	nonce := chunkNonce(last, true)
	return aead.Seal(file, nonce[:], nil, nil)
}

func TestTheHeaderOfOneFormBeforeTheChunksOfTheOtherIsFound(t *testing.T) {
	t.Parallel()
	k, plain := NewKey(), data(ChunkSize+10)
	now, before := seal(t, k, plain), sealAge(t, k, plain)
	mustFindDamage(t, "the present header", append(now[:Prefix:Prefix], before[Prefix:]...), k, plain)
	mustFindDamage(t, "the former header", append(before[:Prefix:Prefix], now[Prefix:]...), k, plain)
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	for form, seal := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			flippedBits(t, seal)
		})
	}
}

func flippedBits(t *testing.T, seal func(testing.TB, Key, []byte) []byte) {
	t.Helper()
	k, plain := NewKey(), data(300)
	file := seal(t, k, plain)
	for i := range len(file) * 8 {
		bad := slices.Clone(file)
		bad[i/8] ^= 1 << (i % 8)
		mustFindDamage(t, "bit", bad, k, plain)
	}
	plain = data(2*ChunkSize + 1)
	file = seal(t, k, plain)
	for at := Prefix; at < len(file); at += 4999 {
		bad := slices.Clone(file)
		bad[at] ^= 0x80
		mustFindDamage(t, "bit", bad, k, plain)
	}
}

// mustFindDamage shows that file, which is not what plain was sealed in, never
// reads as whole, that no byte that is read is wrong, and that it is called
// damaged.
func mustFindDamage(t testing.TB, name string, file []byte, k Key, plain []byte) {
	t.Helper()
	f, err := Open(bytes.NewReader(file), int64(len(file)), k, &Buffers{})
	if err == nil {
		var out bytes.Buffer
		_, err = f.WriteRange(&out, 0, f.Size())
		mustBegin(t, name, out.Bytes(), plain)
		p := make([]byte, f.Size())
		if n, atErr := f.ReadAt(p, 0); (atErr == nil) != (err == nil) || n > 0 && !bytes.HasPrefix(plain, p[:n]) {
			t.Errorf("%s: ReadAt = %d, %v beside %v", name, n, atErr, err)
		}
		if err == nil {
			t.Errorf("%s: was read as whole", name)
		}
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("%s: %v, want ErrDamaged", name, err)
	}
	r, err := NewReader(bytes.NewReader(file), k)
	if err == nil {
		var got []byte
		got, err = io.ReadAll(r)
		mustBegin(t, name, got, plain)
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("%s, from the front: %v, want ErrDamaged", name, err)
	}
}

func mustBegin(t testing.TB, name string, got, plain []byte) {
	t.Helper()
	if !bytes.HasPrefix(plain, got) {
		t.Errorf("%s: bytes that nobody sealed were read", name)
	}
}

func TestACutIsFoundAtTheEndWhereTheSizeIsNotKnown(t *testing.T) {
	t.Parallel()
	k := NewKey()
	head, c := chunked(seal(t, k, data(3*ChunkSize)))
	if err := open(t, join(head, c[0], c[1]), k).CheckEnd(); !errors.Is(err, ErrDamaged) {
		t.Errorf("CheckEnd of a cut file: %v, want ErrDamaged", err)
	}
}

func FuzzHeaders(f *testing.F) {
	k, plain := Key{1}, []byte("an invented patient's visit")
	var files [][]byte // the same in every process of the fuzzer
	for _, name := range []string{"short.sealed", "short.age"} {
		file, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, file)
		f.Add(file)
		f.Add(file[:Prefix])
		f.Add(file[:ageHeader])
	}
	f.Add(bytes.Replace(files[0], []byte("chartline-sealed/2"), []byte("chartline-sealed/3"), 1))
	f.Add(bytes.Replace(files[1], []byte(" 1\n"), []byte(" 9\n"), 1))
	f.Add(append([]byte(intro), make([]byte, 200)...))
	f.Add(append([]byte(ageIntro), make([]byte, 200)...))
	f.Fuzz(func(t *testing.T, in []byte) {
		if bytes.Equal(in, files[0]) || bytes.Equal(in, files[1]) {
			return
		}
		mustFindDamage(t, "fuzzed", in, k, plain)
	})
}

// FuzzChunkOrder puts a file together from two files' chunks, in any order and
// number, with a cut and a flipped bit.
func FuzzChunkOrder(f *testing.F) {
	k, plain := Key{2}, data(3*ChunkSize+77)
	head, ours := chunked(seal(f, k, plain))
	_, theirs := chunked(seal(f, Key{3}, plain))
	pieces := append(ours, theirs...)
	whole := join(head, ours...)
	f.Add([]byte{0, 1, 2, 3}, uint32(0), uint32(0))
	f.Add([]byte{0, 2, 1, 3}, uint32(0), uint32(0))
	f.Add([]byte{0, 1, 2}, uint32(0), uint32(0))
	f.Add([]byte{0, 1, 6, 3}, uint32(5), uint32(0))
	f.Add([]byte{0, 1, 2, 3}, uint32(0), uint32(70_000))
	f.Fuzz(func(t *testing.T, order []byte, cut, flip uint32) {
		file := slices.Clone(head)
		for _, i := range order[:min(len(order), 12)] {
			file = append(file, pieces[int(i)%len(pieces)]...)
		}
		file = file[:len(file)-min(int(cut), len(file))]
		if flip > 0 && int(flip) < len(file) {
			file[flip] ^= 1
		}
		if bytes.Equal(file, whole) {
			if got := readAll(t, open(t, file, k)); !bytes.Equal(got, plain) {
				t.Error("the whole file came back otherwise")
			}
			return
		}
		mustFindDamage(t, "fuzzed", file, k, plain)
	})
}
