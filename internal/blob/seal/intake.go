package seal

import (
	"fmt"
	"hash"
	"io"

	"chartline/internal/blob"
)

// intake is a plain stream on its way in: measured, held against what was
// announced, and, at its good end, the moment at which its key is kept.
type intake struct {
	r    io.Reader
	o    blob.PutOptions
	sum  hash.Hash
	info blob.Info
	keep func() error
	kept bool
	err  error
}

func newIntake(r io.Reader, o blob.PutOptions, keep func() error) *intake {
	return &intake{r: r, o: o, sum: o.NewDigest(), keep: keep}
}

func (in *intake) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.r.Read(p)
	in.sum.Write(p[:n])
	in.info.Size += int64(n)
	switch {
	case err != nil && err != io.EOF:
		in.err = err
	case in.o.MaxSize > 0 && in.info.Size > in.o.MaxSize:
		in.err = fmt.Errorf("%w: over %d bytes", blob.ErrTooLarge, in.o.MaxSize)
	case err == io.EOF:
		in.err = in.end()
	}
	return n, in.err
}

// end judges the whole stream and keeps its key.
func (in *intake) end() error {
	in.sum.Sum(in.info.SHA256[:0])
	if in.o.SHA256 != nil && *in.o.SHA256 != in.info.SHA256 {
		return blob.ErrDigest
	}
	if err := in.keep(); err != nil {
		return fmt.Errorf("blob: key: %w", err)
	}
	in.kept = true
	return io.EOF
}
