package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"chartline/internal/audit"
)

// lineLimit is more than any checkpoint's line can be.
const lineLimit = 1 << 10

// File is a file of checkpoints, one line each, that is only ever added to. One
// process at a time may add; any number may read.
type File struct{ path string }

// NewFile returns the file at path, which need not exist yet. Its directory
// must: to make one could hide that another disk is not mounted.
func NewFile(path string) *File { return &File{path: path} }

// Path says where the file is.
func (f *File) Path() string { return f.path }

// Append adds checkpoints and returns when they are durable. All of them are
// added or, as far as the disk allows, none. A line that a crash cut off at the
// end is taken away first; Survey reports it until then.
func (f *File) Append(checkpoints []audit.Checkpoint) (err error) {
	if len(checkpoints) == 0 {
		return nil
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, lines, err := mend(file)
	if err != nil {
		return fmt.Errorf("mend %s: %w", f.path, err)
	}
	for _, c := range checkpoints {
		lines = append(lines, c.Line()...)
	}
	if _, err := file.WriteAt(lines, end); err != nil {
		return errors.Join(err, file.Truncate(end))
	}
	if err := file.Sync(); err != nil {
		// The disk may never get these lines, and a later flush would not say so:
		// they are taken back, and written anew with the next.
		return errors.Join(err, file.Truncate(end))
	}
	if end == 0 {
		if err := syncDir(filepath.Dir(f.path)); err != nil {
			return errors.Join(err, file.Truncate(end))
		}
	}
	return nil
}

// mend returns where the next line goes, and what has to go there first: a line
// feed where the last line lacks only that. An unfinished line is cut off.
func mend(file *os.File) (end int64, first []byte, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, nil, err
	}
	size := info.Size()
	tail := make([]byte, min(size, lineLimit))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, nil, err
	}
	last := tail[bytes.LastIndexByte(tail, '\n')+1:]
	if len(last) == 0 {
		return size, nil, nil
	}
	if _, err := audit.ParseCheckpoint(last); err == nil {
		return size, []byte("\n"), nil
	}
	if len(last) == lineLimit {
		return 0, nil, errors.New("the end of the file is not lines of text")
	}
	end = size - int64(len(last))
	return end, nil, file.Truncate(end)
}

// Snapshot opens the file as it is now: what is added later is not seen. A file
// that does not exist reads as empty. The caller closes the snapshot.
func (f *File) Snapshot() (*Snapshot, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Snapshot{}, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Snapshot{file: file, size: info.Size()}, nil
}

// Snapshot is what a File held at one moment.
type Snapshot struct {
	file *os.File
	size int64
}

// Close closes the snapshot and what reads from it.
func (s *Snapshot) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// lines reads from the start.
func (s *Snapshot) lines() *lineReader {
	if s.file == nil {
		return newLineReader(bytes.NewReader(nil))
	}
	return newLineReader(io.NewSectionReader(s.file, 0, s.size))
}
