package s3

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"chartline/internal/blob"
)

// stream reads the bytes of an object from pos to end, all of them or an error.
type stream struct {
	object   *object
	pos, end int64
	body     io.ReadCloser
	check    hash.Hash32 // where it reads the whole object
	damaged  error       // what it ended with
}

// Read reads on. A connection that breaks, or ends too soon, is followed by
// another from where it was.
func (s *stream) Read(p []byte) (int, error) {
	if s.pos == s.end {
		return 0, io.EOF
	}
	if s.damaged != nil {
		return 0, s.damaged
	}
	p = p[:min(int64(len(p)), s.end-s.pos)]
	begun := time.Now()
	for attempt := 1; ; attempt++ {
		n, err := s.once(p)
		if n > 0 {
			return s.took(p[:n])
		}
		if err == nil && len(p) == 0 {
			return 0, nil
		}
		s.close()
		if !passing(err) || errors.Is(err, errRange) || s.object.store.tired(attempt, begun) {
			return 0, unreadable(err)
		}
		if err := pause(s.object.ctx, attempt, s.object.store.limits.Pause); err != nil {
			return 0, unreadable(err)
		}
	}
}

// once reads once. What it returns beside bytes is found again by the next.
func (s *stream) once(p []byte) (n int, err error) {
	if err := s.object.ctx.Err(); err != nil {
		return 0, err
	}
	if s.body == nil {
		if s.body, err = s.object.get(s.pos, s.end); err != nil {
			s.body = nil
			return 0, err
		}
	}
	n, err = s.body.Read(p)
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if n == 0 && err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// took counts what was read. The last bytes of an object that is not what was
// stored are not handed out.
func (s *stream) took(p []byte) (int, error) {
	s.pos += int64(len(p))
	if s.check != nil {
		_, _ = s.check.Write(p) // never fails
	}
	if s.pos < s.end {
		return len(p), nil
	}
	if s.check != nil && checksumText(s.check.Sum32()) != s.object.checksum {
		s.close()
		s.pos -= int64(len(p))
		s.damaged = fmt.Errorf("%w: its checksum is another", blob.ErrDamaged)
		return 0, s.damaged
	}
	if s.body != nil { // so that the connection is seen to be free
		_, _ = s.body.Read(make([]byte, 1))
	}
	s.close()
	return len(p), nil
}

func (s *stream) skip(n int64) error {
	_, err := io.CopyN(io.Discard, s, n)
	return err
}

func (s *stream) close() {
	if s.body != nil {
		_ = s.body.Close() // what is read no further cannot fail
		s.body = nil
	}
}
