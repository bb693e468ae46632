package backup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"chartline/internal/blob"
)

// line is an object of a backup's index: its digest is of the bytes as they are
// stored, sealed or not. An index is sorted by key.
type line struct {
	key  string
	info blob.Info
}

func (l line) append(to []byte) []byte {
	return fmt.Appendf(to, "%s %d %x\n", l.key, l.info.Size, l.info.SHA256)
}

func parseLine(text []byte) (l line, err error) {
	f := bytes.Split(text, []byte(" "))
	if len(f) != 3 {
		return l, errors.New("three fields are wanted")
	}
	l.key = string(f[0])
	if err := blob.CheckKey(l.key); err != nil {
		return l, err
	}
	if l.info.Size, err = strconv.ParseInt(string(f[1]), 10, 64); err != nil {
		return l, err
	}
	if n, err := hex.Decode(l.info.SHA256[:], f[2][:min(len(f[2]), 2*len(l.info.SHA256))]); err != nil || n != len(l.info.SHA256) || len(f[2]) != 2*n {
		return l, errors.New("the digest cannot be read")
	}
	return l, nil
}

// parseLines yields the lines of r.
func parseLines(r io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		last := ""
		for in := bufio.NewReaderSize(r, 64<<10); ; {
			text, err := in.ReadSlice('\n')
			if err == io.EOF && len(text) == 0 {
				return
			}
			if err != nil {
				yield(line{}, err)
				return
			}
			l, err := parseLine(bytes.TrimSuffix(text, []byte("\n")))
			if err == nil && l.key <= last {
				err = errors.New("it is not sorted")
			}
			if err != nil {
				yield(l, fmt.Errorf("%w: its list of objects: %w", ErrIncomplete, err))
				return
			}
			last = l.key
			if !yield(l, nil) {
				return
			}
		}
	}
}

// index yields the objects of a backup and of the steps after it; it ends with an
// error where a list is not what was written.
func (t *Target) index(ctx context.Context, m Manifest) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		later, err := t.stepObjects(ctx, m)
		if err != nil {
			yield(line{}, err)
			return
		}
		for l, err := range t.ownIndex(ctx, m) {
			for err == nil && len(later) > 0 && later[0].key <= l.key {
				if later[0].key < l.key && !yield(later[0], nil) {
					return
				}
				later = later[1:]
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
		for _, l := range later {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// ownIndex yields the objects of a backup alone.
func (t *Target) ownIndex(ctx context.Context, m Manifest) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		r, err := t.Part(ctx, m, indexName)
		if err != nil {
			yield(line{}, err)
			return
		}
		defer func() { _ = r.Close() }() // it was read only
		parseLines(r)(yield)
	}
}

// cursor walks a sorted sequence beside others.
type cursor[T any] struct {
	next  func() (T, error, bool)
	stop  func()
	key   func(T) string
	value T
	ok    bool // value is one of the sequence
}

func newCursor[T any](seq iter.Seq2[T, error], key func(T) string) *cursor[T] {
	c := &cursor[T]{key: key}
	c.next, c.stop = iter.Pull2(seq)
	return c
}

// advance goes to the first that is not before key, and reports whether it is
// key's.
func (c *cursor[T]) advance(key string) (bool, error) {
	for !c.ok || c.key(c.value) < key {
		v, err, more := c.next()
		if err != nil {
			return false, err
		}
		if !more {
			c.ok = false
			return false, nil
		}
		c.value, c.ok = v, true
	}
	return c.key(c.value) == key, nil
}
