package seal

import (
	"errors"
	"io"

	"chartline/internal/blob"
	"chartline/internal/sealed"
)

// object is a sealed object, open. It holds no memory between reads.
type object struct {
	file  *sealed.File
	under blob.Object
	pos   int64
}

var _ blob.Object = (*object)(nil)

func (o *object) Size() int64  { return o.file.Size() }
func (o *object) Close() error { return o.under.Close() }

// ReadAt fails with blob.ErrDamaged before it returns a byte that is not
// authentic.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.file.ReadAt(p, off)
	return n, damaged(err)
}

// Read reads on from the last Seek. Each opens the chunks that it lies in: read
// 64 KiB or more at a time.
func (o *object) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := o.ReadAt(p, o.pos)
	o.pos += int64(n)
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
	o.pos = offset
	return offset, nil
}
