package checkpoint

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"chartline/internal/audit"
)

// lineReader yields lines of at most lineLimit bytes.
type lineReader struct {
	in   *bufio.Reader
	line int64 // the number of the line that next returned
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line with its line feed; a longer one is cut short,
// which makes it unreadable. torn marks a last line without line feed. The line
// is good until the next call.
func (r *lineReader) next() (line []byte, torn bool, err error) {
	line, err = r.in.ReadSlice('\n')
	r.line++
	switch {
	case err == nil:
		return line, false, nil
	case errors.Is(err, io.EOF):
		if len(line) == 0 {
			return nil, false, io.EOF
		}
		return line, true, nil
	case !errors.Is(err, bufio.ErrBufferFull):
		return nil, false, err
	}
	head := bytes.Clone(line[:lineLimit])
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.in.ReadSlice('\n')
	}
	if errors.Is(err, io.EOF) {
		return head, true, nil
	}
	return head, false, err
}

// Of returns a function that yields the checkpoints of one chain in the file's
// order, and io.EOF after the last: what audit.NewVerifier takes. Lines that
// cannot be read are passed over; Survey counts them.
func (s *Snapshot) Of(chain string) func() (audit.Checkpoint, error) {
	lines := s.lines()
	lead := audit.CheckpointLead(chain)
	return func() (audit.Checkpoint, error) {
		for {
			line, _, err := lines.next()
			if err != nil {
				return audit.Checkpoint{}, err
			}
			if !bytes.HasPrefix(line, lead) {
				continue
			}
			if c, err := audit.ParseCheckpoint(line); err == nil {
				return c, nil
			}
		}
	}
}

// Survey is what a file holds, without a look at signatures.
type Survey struct {
	// Last is each chain's last checkpoint.
	Last map[string]audit.Checkpoint
	// Unreadable counts the lines that are not checkpoints; FirstUnreadable is
	// the number of the first, from 1.
	Unreadable      int
	FirstUnreadable int64
	// Torn reports that the last line was not written to its end, as a crash
	// leaves it. It is not among the unreadable.
	Torn bool
}

// Survey reads the whole file, in memory that grows with the number of chains
// only.
func (s *Snapshot) Survey() (Survey, error) {
	found := Survey{Last: map[string]audit.Checkpoint{}}
	lines := s.lines()
	for {
		line, torn, err := lines.next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		c, err := audit.ParseCheckpoint(line)
		switch {
		case err == nil:
			found.Last[c.Chain] = c
		case torn:
			found.Torn = true
		default:
			if found.Unreadable++; found.Unreadable == 1 {
				found.FirstUnreadable = lines.line
			}
		}
	}
}
