package seal

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"chartline/internal/blob"
	"chartline/internal/sealed"
)

// object is a sealed object, open. ReadAt and WriteRange hold no memory between
// calls.
type object struct {
	file  *sealed.File
	under blob.Object
	far   *far // nil where under is near
	pos   int64
	ahead *bufio.Reader // what Read reads from; nil after a Seek
}

// expecter is an object that is far away: it is told what will be read, so that
// one request brings that and no more.
type expecter interface{ Expect(n int64) }

// far reads a far object forward.
type far struct {
	mu    sync.Mutex
	under blob.Object
	end   int64 // where reading will end, as far as that is known
}

// ReadAt implements io.ReaderAt.
func (f *far) ReadAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.under.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	f.under.(expecter).Expect(max(int64(len(p)), f.end-off))
	n, err := io.ReadFull(f.under, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// openObject reads the header of a sealed object.
func openObject(under blob.Object, k sealed.Key, b *sealed.Buffers) (o *object, err error) {
	o = &object{under: under}
	var src io.ReaderAt = under
	if _, ok := under.(expecter); ok {
		o.far = &far{under: under}
		src = o.far
	}
	o.file, err = sealed.Open(src, under.Size(), k, b)
	return o, err
}

// Expect says that the next n bytes will be read and nothing after them.
func (o *object) Expect(n int64) {
	if o.far == nil {
		return
	}
	_, end := sealed.Span(o.pos, n)
	o.far.mu.Lock()
	defer o.far.mu.Unlock()
	o.far.end = min(end, o.under.Size())
}

// Far reports whether the bytes come over a network.
func (o *object) Far() bool { return o.far != nil }

var _ blob.Object = (*object)(nil)

func (o *object) Size() int64  { return o.file.Size() }
func (o *object) Close() error { return o.under.Close() }

// ReadAt fails with blob.ErrDamaged before it returns a byte that is not
// authentic.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.file.ReadAt(p, off)
	return n, damaged(err)
}

// Read reads on from the last Seek. Who reads less than a chunk at a time has it
// kept until it is read.
func (o *object) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if o.ahead == nil {
		o.expectRest()
		o.ahead = bufio.NewReaderSize(&forward{o.file, o.pos}, sealed.ChunkSize)
	}
	n, err := o.ahead.Read(p)
	o.pos += int64(n)
	return n, damaged(err)
}

// expectRest has Read go on to the end in one request, where nobody has said that
// less will be read: otherwise each chunk would be a request of its own.
func (o *object) expectRest() {
	if o.far == nil {
		return
	}
	from, _ := sealed.Span(o.pos, 0)
	o.far.mu.Lock()
	defer o.far.mu.Unlock()
	if o.far.end <= from {
		o.far.end = o.under.Size()
	}
}

// forward reads a file forward, up to a chunk's end at a time.
type forward struct {
	file *sealed.File
	pos  int64
}

func (f *forward) Read(p []byte) (int, error) {
	n, err := f.file.ReadAt(p[:min(int64(len(p)), sealed.ChunkSize-f.pos%sealed.ChunkSize)], f.pos)
	f.pos += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// WriteRange writes the n bytes from off to w, in one lent buffer that is held
// only meanwhile. w's error is returned as it is.
func (o *object) WriteRange(w io.Writer, off, n int64) (int64, error) {
	m, err := o.file.WriteRange(w, off, n)
	return m, damaged(err)
}

var errSeek = errors.New("blob: seek before the start")

func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.pos
	case io.SeekEnd:
		offset += o.Size()
	}
	if offset < 0 {
		return 0, errSeek
	}
	if offset != o.pos {
		o.ahead = nil
	}
	o.pos = offset
	return offset, nil
}
